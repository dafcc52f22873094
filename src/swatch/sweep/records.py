"""What the ledger says of a sweep and its trials: plain values, shared by search, agents and reports."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """The best logged value of the sweep's metric in the goal's direction; None before the first."""
    started: datetime | None = None
    ended: datetime | None = None
    agent: str | None = None
    decision: dict[str, Any] | None = None
    """What the stopping rule saw when it ended the trial: band, threshold, value."""
    overrides: tuple[str, ...] = ()
    """The Hydra overrides that make up the trial's config, whole: ``swatch train`` with them repeats it."""

    @property
    def seconds(self) -> float | None:
        """Wall-clock seconds from the first attempt's start to the end, or None while it runs."""
        if self.started is None or self.ended is None:
            return None
        return (self.ended - self.started).total_seconds()


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
    """``"running"``, ``"finished"`` or ``"interrupted"``."""
    created: datetime
    function: str | None = None
    """``module:name`` of the user's train function; None for the NumPy network."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The YAML's ``parameters`` block, as plain values."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """How the sweep is run: ``retries``, ``max_consecutive_failures``, ``tracking``, ``home``, ``token``."""
