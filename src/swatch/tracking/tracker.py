"""The protocol of a sink for what a run reports, and a list of sinks that acts as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from swatch.tracking.remote_sweep import RemoteSweep

Record = dict[str, Any]
"""One line of a history: ``epoch``, ``step``, the metrics of that epoch and its ``timestamp``."""


@dataclass(frozen=True)
class Commit:
    """The state of the code in git."""

    sha: str
    remote: str | None = None
    """The URL of ``origin``, without credentials."""
    dirty: bool = False
    """Whether files that git knows differ from the commit."""


@dataclass(frozen=True)
class DatasetReference:
    """A data set by its name and the checksums of its files; the files themselves stay where they are."""

    name: str
    files: Mapping[str, Mapping[str, Any]]
    """File name to ``uri`` (where anybody finds it), ``sha256``, ``size`` in bytes; unknown ones absent."""
    metadata: Mapping[str, Any] = field(default_factory=dict)


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
    job_type: str | None = None
    goals: Mapping[str, str] = field(default_factory=dict)
    """Metric to ``"minimize"`` or ``"maximize"``, for summaries that keep the best value."""
    step_key: str = "epoch"
    """The metric that charts use as their x-axis."""
    started: float | None = None
    """Unix time at which the run began, its first attempt if there were several."""
    sweep_id: str | None = None
    """Swatch's own id of the sweep that the run belongs to."""
    trial: int | None = None
    """Its number there."""
    remote_sweep: RemoteSweep | None = None
    """The sweep on a W&B server that the run becomes a member of."""
    commit: Commit | None = None
    dataset: DatasetReference | None = None


@dataclass(frozen=True)
class SampleImages:
    """Some images of every class with what the network makes of them."""

    labels: Sequence[str]
    """The classes' names."""
    images: NDArray[np.uint8]
    """Shape (n, height, width, channels)."""
    actual: NDArray[np.intp]
    """Shape (n,): the true class of each image."""
    predicted: NDArray[np.intp]
    """Shape (n,)."""
    probability: NDArray[np.float32]
    """Shape (n,): of the predicted class."""


class Tracker(Protocol):
    """A sink. Its calls come in order: start, log..., confusion_matrix, samples, model, finish."""

    def start(self, run: RunDescription, history: Sequence[Record] = ()) -> None:
        """Begin, or go on with, a run; ``history`` holds the epochs that an interrupted run had finished."""

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Take the metrics of one step; steps only grow."""

    def confusion_matrix(self, name: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Take a confusion matrix: the row is the true class, the column the predicted one."""

    def samples(self, name: str, samples: SampleImages) -> None:
        """Take images of every class with the network's predictions."""

    def model(self, path: Path, metadata: Mapping[str, Any]) -> None:
        """Take the file of the best weights; ``metadata`` says what they are and how good."""

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

    def samples(self, name: str, samples: SampleImages) -> None:
        """Give the images to all."""
        for tracker in self._trackers:
            tracker.samples(name, samples)

    def model(self, path: Path, metadata: Mapping[str, Any]) -> None:
        """Give the weights to all."""
        for tracker in self._trackers:
            tracker.model(path, metadata)

    def finish(self, status: str, reason: str | None, summary: Mapping[str, Any]) -> None:
        """Finish all."""
        for tracker in self._trackers:
            tracker.finish(status, reason, summary)
