"""An agent: takes a point, trains it, reports every epoch, writes the result, and goes on."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from swatch.errors import Interrupted, UserError
from swatch.files import WriteError, make_folder, write_text
from swatch.sweep.agent.cancellation import CancellationWatch
from swatch.sweep.agent.claiming import Claims, Nothing
from swatch.sweep.agent.metric_check import check_metric, logged, nothing_to_judge
from swatch.sweep.agent.repeats import next_run, resume_repeats, run_of, with_seed
from swatch.sweep.agent.stop_flag import StopFlag
from swatch.sweep.agent.trial import Outcome, Trial, TrialInterrupted
from swatch.sweep.ledger import Attempt, Fenced, Ledger
from swatch.sweep.ledger.database import LedgerError
from swatch.sweep.ledger.heartbeat import Heartbeat
from swatch.sweep.ledger.mirror import AttemptEnd
from swatch.sweep.ledger.view import SweepView
from swatch.sweep.records import SweepRecord
from swatch.sweep.restored import RestoredSweep

if TYPE_CHECKING:
    from swatch.tracking.remote_sweep import RemoteSweep

Runner = Callable[[Trial], Outcome]

DIVERGED = "diverged"
TRACEBACK_FILE = "traceback.txt"

GAVE_UP = 3
"""Exit code of an agent that stopped after too many failures in a row."""
INTERRUPTED = 130
"""Exit code of one that was told to stop."""


@dataclass(frozen=True)
class AgentEnd:
    """Why an agent left."""

    reason: str
    gave_up: bool = False
    interrupted: bool = False


class Agent:
    """Works on one sweep until nothing is left, it is told to stop, or it fails too often in a row."""

    def __init__(
        self,
        ledger: Ledger,
        restored: RestoredSweep,
        runner: Runner,
        *,
        home: Path,
        stop: StopFlag | None = None,
        name: str | None = None,
        on_trial: Callable[[], None] | None = None,
        on_cancel: Callable[[], None] | None = None,
    ) -> None:
        """Remember what to do; :meth:`work` does it.

        Args:
            ledger: Opened with the sweep's axes.
            restored: The sweep, its space and its stopping rule.
            runner: Trains one trial.
            home: Run directories go here.
            stop: Set from outside: finish the step, save, give the trial back, and leave.
            name: The agent's name in the ledger, if its controller has chosen one.
            on_trial: Called whenever a trial has begun or ended.
            on_cancel: Called from another thread when the sweep is cancelled; sets ``stop`` unless given.
        """
        self.ledger = ledger
        self.restored = restored
        self.sweep_id = restored.sweep.id
        self.view = SweepView(ledger, self.sweep_id)
        self.stop = stop or StopFlag()
        self._runner, self._home, self._name = runner, home, name
        self._on_trial = on_trial or (lambda: None)
        self._on_cancel = on_cancel or self.stop.set
        self._failures = 0

    def work(self, count: int | None = None) -> AgentEnd:
        """Train trials, at most ``count`` of them; raises UserError for what the user must mend."""
        self.id = self.ledger.register(self.sweep_id, "agent", self._name)
        self._claims = Claims(self.ledger, self.restored, self.view, self.id, self.stop)
        try:
            watch = CancellationWatch(self.ledger, self.sweep_id, self._on_cancel)
            with Heartbeat(self.ledger, self.id), watch:
                end = self._work(count)
        except (UserError, KeyboardInterrupt) as error:
            self._leave(str(error) or "interrupted", "interrupted")
            raise
        except BaseException as error:
            self._leave(f"{type(error).__name__}: {error}", "crashed")
            raise
        self._leave(end.reason, "interrupted")
        return end

    def _leave(self, reason: str, state: AttemptEnd) -> None:
        # A ledger that cannot be written learns of the end from whoever misses this agent.
        with suppress(LedgerError):
            self.ledger.goodbye(self.sweep_id, self.id, reason, state=state)

    def _work(self, count: int | None) -> AgentEnd:
        limit = int(self.restored.sweep.options.get("max_consecutive_failures", 0))
        done = 0
        while not self.stop.is_set():
            if count is not None and done >= count:
                return AgentEnd(f"trained {done} trials")
            found = self._claims.next()
            if isinstance(found, Nothing):
                return AgentEnd(found.reason, interrupted=found.by_order)
            self._train(*found)
            done += 1
            if limit and self._failures >= limit:
                return AgentEnd(f"{self._failures} trials in a row failed", gave_up=True)
        return AgentEnd("told to stop", interrupted=True)

    def _train(self, sweep: SweepRecord, attempt: Attempt) -> None:
        """Train a trial, seed after seed."""
        with suppress(Fenced):  # Another attempt owns the trial then.
            under_way: Attempt | None = resume_repeats(self.ledger, self.view, sweep, attempt)
            while under_way is not None:
                self._on_trial()
                under_way = self._train_run(sweep, under_way)
        self._on_trial()

    def _train_run(self, sweep: SweepRecord, attempt: Attempt) -> Attempt | None:
        """Train one run of a trial and return the next one, or None if the trial has ended."""
        trial = self._handle(sweep, attempt)
        try:
            outcome = self._runner(trial)
        except (Fenced, LedgerError):
            raise
        except WriteError as error:
            # No other trial could be written either.
            self.ledger.end_attempt(attempt, "interrupted", reason=str(error))
            raise
        except (Interrupted, TrialInterrupted) as error:
            self.stop.set()
            self.ledger.end_attempt(attempt, "interrupted", reason=str(error) or "interrupted")
        except KeyboardInterrupt:
            self.ledger.end_attempt(attempt, "interrupted", reason="interrupted")
            raise
        except Exception as error:  # noqa: BLE001 - whatever a training raises, the sweep goes on
            self._fail(trial, attempt, error)
        else:
            return self._finish(sweep, trial, attempt, outcome)
        return None

    def _handle(self, sweep: SweepRecord, attempt: Attempt) -> Trial:
        point, seeded = attempt.point, {}
        overrides = (*self.restored.overrides(point), *sweep.options.get("watch_overrides", ()))
        if sweep.repeats > 1:
            seeded = {"seed": attempt.seed}
            overrides = (*overrides, f"seed={attempt.seed}") if sweep.function is None else overrides
        asks_for_seed = "seed" in self.restored.space.parameters
        return Trial(
            number=attempt.trial_number,
            run_id=attempt.run_id,
            run_directory=self._home / attempt.run_id,
            seed=attempt.seed,
            repeat=attempt.repeat,
            attempt=attempt.number,
            point={**point, **seeded},
            parameters=self.restored.space.nested({**point, **seeded} if asks_for_seed else point),
            overrides=overrides,
            sweep_id=self.sweep_id,
            metric=sweep.metric,
            goal=sweep.goal,
            remote_sweep=_registered(sweep),
            _attempt=attempt,
            _ledger=self.ledger,
            _view=self.view,
            # Stopping looks at the first of a trial's runs.
            _rule=self.restored.rule if attempt.repeat == 0 else None,
            _stop=self.stop,
        )

    def _finish(self, sweep: SweepRecord, trial: Trial, attempt: Attempt, outcome: Outcome) -> Attempt | None:
        """Write what came of a run; returns the trial's next run, or None if the trial has ended."""
        self._fill_gaps(trial, attempt, outcome)
        status, reason = outcome.status, outcome.reason
        if status == "interrupted":
            self.stop.set()
            self.ledger.end_attempt(attempt, "interrupted", reason=reason)
            return None
        objective = run_of(self.view, attempt).objective
        lacks_metric = status in ("finished", "stopped") and objective is None
        if lacks_metric:
            status, reason = "failed", nothing_to_judge(trial)
        if status == "finished" and attempt.repeat + 1 < sweep.repeats:
            return next_run(self.ledger, self.view, attempt, outcome.summary)
        seen = trial.compared.record() if trial.compared is not None else None
        if status not in ("finished", "stopped", "failed"):
            raise ValueError(f"a training ended with the unknown status '{status}'")
        # A diverged run says something of its point, not of the agent.
        failed = status == "failed" and not (reason or "").startswith(DIVERGED)
        if status == "failed":
            reason = with_seed(reason, sweep, attempt)
        self.ledger.end_attempt(attempt, status, reason=reason, summary=outcome.summary, decision=seen)  # type: ignore[arg-type]
        self._failures = self._failures + 1 if failed else 0
        if lacks_metric and not logged(trial):
            check_metric(self.view, trial)
        return None

    def _fill_gaps(self, trial: Trial, attempt: Attempt, outcome: Outcome) -> None:
        """Log epochs that a crash left in the run's history but not in the ledger."""
        self.view.refresh()
        known = {record["epoch"] for record in run_of(self.view, attempt).history}
        if any(record["epoch"] not in known for record in outcome.history):
            self.ledger.log(attempt, list(outcome.history), first=False)
            self.view.refresh()

    def _fail(self, trial: Trial, attempt: Attempt, error: Exception) -> None:
        reason: str | None = " ".join(str(error).split())
        if not isinstance(error, UserError):  # which is for people, and says all there is
            folder = make_folder(trial.run_directory)
            write_text(folder / TRACEBACK_FILE, "".join(traceback.format_exception(error)))
            reason = f"{type(error).__name__}: {reason}".rstrip(": ")
        reason = with_seed(reason, self.restored.sweep, attempt)
        self.ledger.end_attempt(attempt, "failed", reason=reason)
        self._failures += 1


def _registered(sweep: SweepRecord) -> RemoteSweep | None:
    """Return where the sweep is registered on the server that this process talks to."""
    if not sweep.options.get("wandb"):
        return None
    from swatch.tracking.mode import base_url
    from swatch.tracking.registration import find_registered

    tracked = sweep.options.get("tracking", {})
    return find_registered(sweep.options, base_url(), tracked.get("entity"), tracked.get("project"))
