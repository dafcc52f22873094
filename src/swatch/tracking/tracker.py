"""The protocol of a sink for what a run reports, and a list of sinks that acts as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Record = dict[str, Any]
"""One line of a history: ``epoch``, ``step`` and the metrics of that epoch."""


@dataclass(frozen=True)
class RunDescription:
    """What is known of a run before it starts."""

    run_id: str
    """Names the run directory and the wandb run."""
    name: str
    """What people read in lists and charts."""
    config: Mapping[str, Any]
    """The resolved config as nested plain values."""
    overrides: Sequence[str] = ()
    notes: str | None = None
    tags: Sequence[str] = ()
    group: str | None = None
    """Runs that belong together, such as the trials of a sweep."""
    goals: Mapping[str, str] = field(default_factory=dict)
    """Metric to ``"minimize"`` or ``"maximize"``, for summaries that keep the best value."""
    step_key: str = "epoch"
    """The metric that charts use as their x-axis."""


class Tracker(Protocol):
    """A sink. Its calls come in order: start, log..., confusion_matrix, finish."""

    def start(self, run: RunDescription, history: Sequence[Record] = ()) -> None:
        """Begin, or go on with, a run; ``history`` holds the epochs that an interrupted run had finished."""

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Take the metrics of one step; steps only grow."""

    def confusion_matrix(self, name: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Take a confusion matrix: the row is the true class, the column the predicted one."""

    def finish(self, status: str, reason: str | None, summary: Mapping[str, Any]) -> None:
        """End the run: ``finished``, ``stopped``, ``failed`` or ``interrupted``."""


class Trackers:
    """Several trackers as one, told in order; the run directory comes first and lacks nothing."""

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = tuple(trackers)

    def start(self, run: RunDescription, history: Sequence[Record] = ()) -> None:
        """Start all."""
        for tracker in self._trackers:
            tracker.start(run, history)

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Log to all."""
        for tracker in self._trackers:
            tracker.log(step, metrics)

    def confusion_matrix(self, name: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Give the matrix to all."""
        for tracker in self._trackers:
            tracker.confusion_matrix(name, labels, counts)

    def finish(self, status: str, reason: str | None, summary: Mapping[str, Any]) -> None:
        """Finish all."""
        for tracker in self._trackers:
            tracker.finish(status, reason, summary)
