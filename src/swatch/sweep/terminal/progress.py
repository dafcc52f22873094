"""How far a sweep is: counts, and the time it will still take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from swatch.sweep.records import TrialRecord, TrialState


@dataclass(frozen=True)
class Progress:
    """A sweep's counts at one moment."""

    total: int | None
    """None if there is no limit."""
    finished: int
    stopped: int
    failed: int
    """Failed and crashed ones."""
    running: int
    waiting: int
    left: float | None
    """Seconds that it will still take, if that can be told."""

    @property
    def over(self) -> int:
        """How many trials are over."""
        return self.finished + self.stopped + self.failed


def progress(
    trials: Sequence[TrialRecord], total: int | None, agents: int, now: datetime | None = None
) -> Progress:
    """Count the trials and estimate the time left.

    The estimate takes every trial that is not over for an average one of those that ended by themselves, less
    what the running ones have behind them, shared among the agents.
    """
    count = {state: sum(trial.state is state for trial in trials) for state in TrialState}
    return Progress(
        total=total,
        finished=count[TrialState.FINISHED],
        stopped=count[TrialState.STOPPED],
        failed=count[TrialState.FAILED] + count[TrialState.CRASHED],
        running=count[TrialState.RUNNING],
        waiting=count[TrialState.WAITING],
        left=_left(trials, total, agents, now or datetime.now(UTC)),
    )


def _left(trials: Sequence[TrialRecord], total: int | None, agents: int, now: datetime) -> float | None:
    lasted = [trial.seconds for trial in trials if trial.state.has_result and trial.seconds is not None]
    if total is None or agents < 1 or not lasted:
        return None
    average = sum(lasted) / len(lasted)
    behind = sum(
        min(average, trial.seconds_until(now) or 0.0) for trial in trials if trial.state is TrialState.RUNNING
    )
    open_trials = total - sum(trial.state.is_over for trial in trials)
    return max(0.0, open_trials * average - behind) / min(agents, max(1, open_trials))
