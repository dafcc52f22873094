"""Sweeping anybody's Python function: calling it, and keeping its run like any other."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from swatch.sweep.agent.forked import call_in_one_process
from swatch.sweep.agent.loading import TrainFunction, takes_trial
from swatch.sweep.agent.trial import Trial, TrialInterrupted, TrialStopped, plain
from swatch.sweep.records import Metrics


@dataclass(frozen=True)
class FunctionOutcome:
    """How a function's trial ended."""

    status: str
    reason: str | None
    summary: dict[str, Any]
    history: list[Metrics] = field(default_factory=list)


class FunctionRunner:
    """Runs trials of one function; the run directory is written first, wandb gets the same facts."""

    def __init__(self, function: TrainFunction, tracking: Mapping[str, Any]) -> None:
        """Remember what to run.

        ``tracking`` holds ``mode`` and may hold ``project`` and ``entity``.
        """
        self._function = function
        self._with_trial = takes_trial(function)
        self._tracking = tracking
        self.inside = False
        """Whether the user's code is running: then an interruption may be raised into it."""
        self.hears_ctrl_c = True
        """Whether Ctrl-C raises KeyboardInterrupt here; in an agent's process the function alone does."""

    def __call__(self, trial: Trial) -> FunctionOutcome:
        """Run one trial. Whatever the function raises passes through after the run directory has it."""
        from swatch.tracking import RunDescription, RunDirectory, Trackers

        sinks: list[Any] = [directory := RunDirectory(trial.run_directory)]
        if self._tracking["mode"] != "disabled":
            sinks.append(self._wandb(trial))
        trackers = Trackers(sinks)
        started = time.monotonic()
        with directory.locked():
            trackers.start(
                RunDescription(
                    run_id=trial.run_id,
                    name=run_name(trial),
                    config={**trial.parameters, "seed": trial.seed},
                    overrides=trial.overrides,
                    group=trial.sweep_id,
                    job_type="train",
                    goals={trial.metric: trial.goal},
                    started=time.time(),
                    sweep_id=trial.sweep_id,
                    trial=trial.number,
                    remote_sweep=trial.remote_sweep,
                )
            )
            trial._sink = trackers
            status, reason = "failed", None
            try:
                status, reason = self._call(trial)
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                raise
            except BaseException as error:
                status, reason = "interrupted", str(error) or type(error).__name__
                raise
            finally:
                summary = summarize(trial, time.monotonic() - started)
                trackers.finish(status, reason, summary)
        return FunctionOutcome(status, reason, {"status": status, **summary}, list(trial.history))

    def _call(self, trial: Trial) -> tuple[str, str | None]:
        self.inside = True
        try:
            arguments = (trial.parameters, trial) if self._with_trial else (trial.parameters,)
            result = call_in_one_process(self._function, arguments)
        except TrialStopped as stop:
            return "stopped", stop.decision.reason
        except SystemExit as leaving:
            # It would end the agent, and with it all trials to come.
            if leaving.code not in (None, 0):
                return "failed", f"the function left with sys.exit({leaving.code!r})"
            result = None
        except KeyboardInterrupt:
            # Given back, the trial would come again without end.
            if self.hears_ctrl_c or trial.should_stop():
                raise
            return "failed", "the function raised KeyboardInterrupt"
        finally:
            self.inside = False
        return self._take_result(trial, result)

    def _take_result(self, trial: Trial, result: Any) -> tuple[str, str | None]:
        """Add what the function returned to its reports."""
        if isinstance(result, int | float) or hasattr(result, "item"):
            result = {trial.metric: result}
        if result is not None:
            try:
                trial.report(plain(result))
            except TypeError as error:
                return "failed", f"the function returned something else than metrics: {error}"
            except TrialStopped:
                pass  # It was the last report: there is nothing left to stop.
            except TrialInterrupted:
                pass  # It is done; the agent ends after it.
        return "finished", None

    def _wandb(self, trial: Trial) -> Any:
        from swatch.tracking.background import BackgroundTracker
        from swatch.tracking.wandb_tracker import WandbTracker

        return BackgroundTracker(
            WandbTracker(
                trial.run_directory,
                mode=self._tracking["mode"],
                project=self._tracking.get("project") or "swatch",
                entity=self._tracking.get("entity"),
            )
        )


def run_name(trial: Trial) -> str:
    """Name a function's run by its swept values, as runs of the network are named."""
    from swatch.tracking.naming import MAX_NAME, format_value

    parts = [f"{key.rpartition('.')[2]}{format_value(value)}" for key, value in trial.point.items()]
    return "_".join(parts)[:MAX_NAME] or f"trial-{trial.number}"


def summarize(trial: Trial, seconds: float) -> dict[str, Any]:
    """Return a function run's summary: its best and final epochs, its parameters and its time."""
    from swatch.sweep.records import finite

    sign = 1.0 if trial.goal == "minimize" else -1.0
    valued = [(sign * value, r) for r in trial.history if (value := finite(r.get(trial.metric))) is not None]
    best = min(valued, key=lambda pair: pair[0])[1] if valued else None
    return {
        "monitor": trial.metric,
        "goal": trial.goal,
        "best": best,
        "final": trial.history[-1] if trial.history else None,
        "parameters": trial.parameters,
        "seed": trial.seed,
        "epochs": len(trial.history),
        "seconds": round(seconds, 3),
    }
