"""Telling a run again to another tracker, from its directory alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from swatch.errors import UserError
from swatch.tracking import evaluations_file
from swatch.tracking.model_metadata import model_metadata

if TYPE_CHECKING:
    from swatch.tracking.remote_sweep import RemoteSweep
    from swatch.tracking.run_directory import RunDirectory
    from swatch.tracking.tracker import RunDescription, Tracker

_NO_SUMMARY = "its process died before the run ended"


@dataclass(frozen=True)
class Ending:
    """How a run ended."""

    status: str
    """``finished``, ``stopped``, ``failed``, ``crashed`` or ``interrupted``."""
    reason: str | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    """What ``summary.json`` holds besides the two."""


@dataclass(frozen=True)
class Replayed:
    """What a run consisted of."""

    rows: int
    """Lines of its history."""
    has_matrix: bool = False
    images: int = 0
    """Sample images."""
    has_model: bool = False


def replay(
    directory: RunDirectory,
    tracker: Tracker,
    remote_sweep: RemoteSweep | None = None,
    ending: Ending | None = None,
) -> Replayed:
    """Tell ``tracker`` everything that the run directory holds, in the order in which it happened.

    Args:
        directory: Of a run that no process trains.
        tracker: Has not been started.
        remote_sweep: The sweep on a W&B server that the run becomes a member of; None for none.
        ending: How the run ended; :func:`ending_of` the directory unless given.

    Raises:
        UserError: The directory holds no run, or a damaged one; the tracker was not called.
    """
    description = directory.read_description()
    if description is None:
        raise UserError(f"{directory.path} holds no run: there is no config.yaml that can be read")
    ending = ending or ending_of(directory)
    history, matrix, samples = directory.read_history(), _read_matrix(directory), directory.read_samples()
    for number, record in enumerate(history, 1):
        if not isinstance(record.get(description.step_key), int):
            raise UserError(f"{directory.history_file}:{number} has no whole number '{description.step_key}'")
    has_model = directory.model_file.exists() and sends_model(description)
    # The history as a whole, as that of a run that goes on: a tracker may tell past epochs from new ones.
    tracker.start(replace(description, remote_sweep=remote_sweep), history)
    if matrix is not None:
        tracker.confusion_matrix(*matrix)
    if samples is not None:
        tracker.samples(*samples)
    tested = evaluations_file.last_test(directory.path)
    if tested is not None:
        tracker.confusion_matrix(f"{evaluations_file.TEST}/confusion_matrix", tested.labels, tested.counts)
        ending = replace(ending, summary={**ending.summary, **tested.metrics})
    if has_model:
        tracker.model(directory.model_file, model_metadata(description.config, ending.summary))
    tracker.finish(ending.status, ending.reason, ending.summary)
    return Replayed(
        rows=len(history),
        has_matrix=matrix is not None,
        images=0 if samples is None else len(samples[1].images),
        has_model=has_model,
    )


def ending_of(directory: RunDirectory) -> Ending:
    """Return how the run ended; one without ``summary.json`` was interrupted, as its process died."""
    summary = directory.read_summary()
    if summary is None:
        return Ending("interrupted", _NO_SUMMARY, summary_so_far(directory))
    rest = {key: value for key, value in summary.items() if key not in ("status", "reason")}
    return Ending(str(summary["status"]), summary.get("reason"), rest)


def summary_so_far(
    directory: RunDirectory, metric: str | None = None, goal: str | None = None
) -> dict[str, Any]:
    """Return what a summary can say of a run that wrote none: its last epoch and its best one.

    ``metric`` and ``goal`` say what is best; the config's ``training.monitor`` unless given.
    """
    history = directory.read_history()
    training = (directory.read_config() or {}).get("training")
    training = training if isinstance(training, Mapping) else {}
    metric, goal = metric or training.get("monitor"), goal or training.get("goal")
    sign = -1 if goal == "maximize" else 1
    # NaN, which equals nothing, and null are no results.
    valued = [
        record
        for record in history
        if isinstance(value := record.get(str(metric)), int | float) and value == value
    ]
    return {
        "monitor": metric,
        "goal": goal,
        "best": min(valued, key=lambda record: sign * record[str(metric)], default=None),
        "final": history[-1] if history else None,
        "epochs": len(history),
    }


def _read_matrix(directory: RunDirectory) -> tuple[str, list[str], list[list[int]]] | None:
    matrix = directory.read_confusion_matrix()
    if matrix is None:
        return None
    try:
        return matrix["name"], matrix["labels"], matrix["counts"]
    except KeyError as error:
        raise UserError(f"{directory.confusion_matrix_file} has no {error}") from None


def sends_model(description: RunDescription) -> bool:
    """Whether the run's model is an artifact: ``tracking.model``, where auto means single runs alone."""
    tracking = description.config.get("tracking")
    wanted = tracking.get("model", "auto") if isinstance(tracking, Mapping) else False
    is_single = description.sweep_id is None and description.remote_sweep is None
    return is_single if wanted == "auto" else wanted is True
