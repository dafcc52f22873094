"""What the ledger says of a sweep and its trials: plain values, shared by search, agents and reports."""

from __future__ import annotations

import enum
import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

Point = dict[str, Any]
"""The active swept parameters of one trial: dotted key to typed value."""

Metrics = dict[str, Any]
"""One line of a run's history: ``epoch``, ``step`` and the metrics logged at that epoch."""


class TrialState(enum.StrEnum):
    """Where a trial stands."""

    WAITING = "waiting"
    """Claimed, but no living attempt works on it (its last one crashed or was interrupted)."""
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    """Ended early by the sweep's stopping rule; counts with its best value."""
    FAILED = "failed"
    """Raised or diverged; not tried again."""
    CRASHED = "crashed"
    """Its process died more often than the sweep's retries allow."""

    @property
    def is_over(self) -> bool:
        """Whether the trial will not change any more."""
        return self not in (TrialState.WAITING, TrialState.RUNNING)

    @property
    def has_result(self) -> bool:
        """Whether the trial ended with a value of its own (finished, or stopped early)."""
        return self in (TrialState.FINISHED, TrialState.STOPPED)


class SweepState(enum.StrEnum):
    """Where a sweep stands."""

    WAITING = "waiting"
    """Made; its controller has not begun."""
    RUNNING = "running"
    PAUSED = "paused"
    """Nothing new begins. What runs goes on to its end, agents wait."""
    STOPPING = "stopping"
    """No new points; trials that have begun are finished."""
    CANCELLING = "cancelling"
    """Trials under way are saved and given back."""
    FINISHED = "finished"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """Ctrl-C, or its agents could not go on."""

    @property
    def is_order(self) -> bool:
        """Whether somebody asked for it who expects it to outlive a crash of the controller."""
        return self in (SweepState.PAUSED, SweepState.STOPPING, SweepState.CANCELLING)

    @property
    def is_open(self) -> bool:
        """Whether processes may be at work on the sweep."""
        return self is SweepState.RUNNING or self.is_order


@dataclass(frozen=True)
class RunRecord:
    """One seed's run of a trial that has several."""

    run_id: str
    seed: int
    history: list[Metrics] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    """Empty until the run has ended."""
    objective: float | None = None
    """The run's own best value of the sweep's metric."""

    @property
    def has_ended(self) -> bool:
        """Whether it was trained to its end; it is not trained again."""
        return bool(self.summary)


@dataclass(frozen=True)
class TrialRecord:
    """One point of the search space and all that is known of its training."""

    number: int
    """Users see this number; it is kept over attempts and counts from 0."""
    point: Point
    point_key: str
    """Canonical hash of the point: equal points have equal keys, ``1`` and ``1.0`` of one parameter too."""
    run_id: str
    """Names the run directory and the wandb run; kept over attempts."""
    seed: int
    state: TrialState
    reason: str | None = None
    attempts: int = 0
    history: list[Metrics] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    objective: float | None = None
    """The best logged value of the sweep's metric in the goal's direction; None before the first.

    With repeats the mean over the runs that have ended; that of the first while it runs.
    """
    started: datetime | None = None
    """When its first attempt began."""
    ended: datetime | None = None
    idle: float = 0.0
    """Seconds between its attempts, in which nobody trained it, as while the sweep was interrupted."""
    agent: str | None = None
    decision: dict[str, Any] | None = None
    """What the stopping rule said last: stop, reason, band, threshold, value; None if it has not compared."""
    overrides: tuple[str, ...] = ()
    """The Hydra overrides that make up the trial's config, whole: ``swatch train`` with them repeats it."""
    runs: tuple[RunRecord, ...] = ()
    """One for each seed that was begun, in a sweep with repeats; else empty, as the trial is its only run.

    ``run_id``, ``seed``, ``history`` and ``summary`` are those of the first.
    """

    @property
    def values(self) -> dict[int, float]:
        """Each seed's best value of the metric, of the runs that have ended; empty without repeats."""
        return {run.seed: run.objective for run in self.runs if run.has_ended and run.objective is not None}

    @property
    def spread(self) -> float | None:
        """The standard deviation over the seeds (of a sample: divided by n - 1), or None below two."""
        values = list(self.values.values())
        return statistics.stdev(values) if len(values) > 1 else None

    def each_run(self) -> list[TrialRecord]:
        """Return the trial's runs as if each were a trial: one without repeats."""
        if not self.runs:
            return [self]
        first, *others = self.runs
        return [self._as_run(first, self.overrides)] + [
            self._as_run(run, (*self.overrides, f"seed={run.seed}") if self.overrides else ())
            for run in others
        ]

    def _as_run(self, run: RunRecord, overrides: tuple[str, ...]) -> TrialRecord:
        return replace(
            self,
            run_id=run.run_id,
            seed=run.seed,
            history=run.history,
            summary=run.summary,
            objective=run.objective,
            overrides=overrides,
            runs=(),
        )

    @property
    def seconds(self) -> float | None:
        """Wall-clock seconds that its attempts took, or None while it runs."""
        return None if self.ended is None else self.seconds_until(self.ended)

    def seconds_until(self, now: datetime) -> float | None:
        """Return the wall-clock seconds that its attempts have taken by ``now``; None before the first."""
        if self.started is None:
            return None
        # A clock may have been set back in between.
        return max(0.0, (now - self.started).total_seconds() - self.idle)


@dataclass(frozen=True)
class SweepRecord:
    """One sweep as the ledger knows it."""

    id: str
    yaml: str
    """The sweep YAML as the user wrote it."""
    overrides: tuple[str, ...]
    """Hydra overrides given on the command line, applied to every trial before its point."""
    seed: int
    method: str
    metric: str
    goal: str
    """``"minimize"`` or ``"maximize"``."""
    count: int | None
    """How many trials in all; None for no limit."""
    state: str
    """One of :class:`SweepState`."""
    created: datetime
    function: str | None = None
    """``module:name`` of the user's train function; None for the NumPy network."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The YAML's ``parameters`` block, as plain values."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """How the sweep is run: ``retries``, ``max_consecutive_failures``, ``tracking``, ``home``, ``token``."""
    repeats: int = 1
    """How many seeds each trial trains in turn."""


def finite(value: Any) -> float | None:
    """Return a metric as a finite float, or None if it is missing, not a number, NaN or infinite."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
