"""Finding an agent's next trial: one that lost its agent, else a new point."""

from __future__ import annotations

from dataclasses import dataclass

from swatch.sweep.agent.stop_flag import StopFlag
from swatch.sweep.ledger import Attempt, Ledger
from swatch.sweep.ledger.liveness import LivenessWatch
from swatch.sweep.ledger.view import SweepView
from swatch.sweep.names import run_id as new_run_id
from swatch.sweep.records import SweepRecord, SweepState, TrialState
from swatch.sweep.restored import RestoredSweep
from swatch.sweep.search import NOT_NOW, Proposal, Signal

WAIT_SECONDS = 0.3


@dataclass(frozen=True)
class Nothing:
    """There is no trial to claim."""

    reason: str
    by_order: bool = False
    """Somebody ended the agent or the sweep; else there is nothing left to try."""


class Claims:
    """Claims trials for one agent."""

    def __init__(
        self, ledger: Ledger, restored: RestoredSweep, view: SweepView, agent_id: str, stop: StopFlag
    ) -> None:
        self._ledger, self._restored, self._view = ledger, restored, view
        self._agent_id, self._stop = agent_id, stop
        self._sweep_id = restored.sweep.id
        self._watch = LivenessWatch(one_machine=ledger.is_sqlite)

    def next(self) -> tuple[SweepRecord, Attempt] | Nothing:
        """Claim the next trial, or return why there is none; waits while the sweep is paused."""
        while not self._stop.is_set():
            sweep = self._ledger.sweep(self._sweep_id)
            self._view.refresh()
            if sweep.state == SweepState.PAUSED:
                self._stop.wait(WAIT_SECONDS)
                continue
            if sweep.state not in (SweepState.RUNNING, SweepState.STOPPING):
                return Nothing(f"the sweep is {sweep.state}", by_order=True)
            for trial in self._view.in_state(TrialState.WAITING):
                if attempt := self._ledger.reclaim(self._sweep_id, self._agent_id, trial.number):
                    return sweep, attempt
            if sweep.state == SweepState.STOPPING:
                return Nothing("the sweep is to stop", by_order=True)
            if reason := self._enough(sweep):
                return Nothing(reason)
            point = self._propose(sweep)
            if isinstance(point, Signal):
                if point is not NOT_NOW:
                    return Nothing(point.value)
                self._bury_the_dead()
                self._stop.wait(WAIT_SECONDS)
                continue
            number = len(self._view.trials)
            attempt = self._ledger.claim(
                self._sweep_id,
                self._agent_id,
                number=number,
                point=point,
                point_key=self._restored.space.point_key(point),
                overrides=self._restored.overrides(point),
                run_id=new_run_id(self._sweep_id, number),
                seed=self._restored.seed_of(point),
            )
            if attempt is not None:
                return sweep, attempt
        return Nothing("told to stop", by_order=True)

    def _enough(self, sweep: SweepRecord) -> str | None:
        trials = self._view.trials
        if sweep.count is not None and len(trials) >= sweep.count:
            return f"all {sweep.count} trials are taken"
        for trial in trials:
            if trial.state.has_result and self._restored.reached(trial.objective):
                return f"trial {trial.number} reached the target"
        return None

    def _propose(self, sweep: SweepRecord) -> Proposal:
        trials = self._view.trials
        return self._restored.search.propose(trials, number=len(trials), count=sweep.count)

    def _bury_the_dead(self) -> None:
        """Give back the trials of agents that died where no controller sees it."""
        for process in self._watch.dead(self._ledger.processes(self._sweep_id)):
            self._ledger.goodbye(self._sweep_id, process.id, "died")
