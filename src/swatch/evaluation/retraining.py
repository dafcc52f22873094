"""A configuration trained once more on all training images, then judged by the test set, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from swatch.compose import build, compose, has_key
from swatch.errors import Interrupted, UserError
from swatch.evaluation import records
from swatch.evaluation.evaluating import TEST, TRAIN, Evaluation, evaluate
from swatch.tracking import RunDirectory

if TYPE_CHECKING:
    from collections.abc import Callable

    from swatch.compose import Composition
    from swatch.data.source import Source


@dataclass(frozen=True)
class Judged:
    """What a network does on one part of the data, as it is kept in the run's directory."""

    split: str
    images: int
    metrics: Mapping[str, float]
    labels: Sequence[str]
    counts: Sequence[Sequence[int]]
    """The confusion matrix; the row is the true class."""
    is_new: bool
    """Whether it was measured now; else the kept figures are shown, and nothing was read."""


def full_overrides(epochs: int) -> list[str]:
    """Return what turns a config into one that trains on all images for a fixed number of epochs.

    No validation part, and so nothing to stop early by; the schedule runs over these epochs. The loss of the
    training is watched, as a plateau schedule must watch something; the weights kept are the last ones.
    """
    return [
        "data.validation_fraction=0",
        f"epochs={epochs}",
        "training.monitor=train/loss",
        "training.goal=minimize",
        "training.early_stopping.patience=null",
    ]


def plan_full(overrides: Sequence[str], epochs: int, more: Sequence[str] = ()) -> Composition:
    """Compose and check the config of a retraining.

    Args:
        overrides: Those of the configuration.
        epochs: How many epochs validation chose.
        more: Later ones, which win.

    Raises:
        UserError: The config does not compose any more, or its data set cannot do without validation.
    """
    from swatch.training.rehearsal import DataRehearsal, rehearse

    plain = compose(overrides)
    if not has_key(plain.config, "data.validation_fraction"):
        raise UserError(
            "--retrain: the data set has no data.validation_fraction, and so no way to train on all images"
        )
    composition = compose([*overrides, *full_overrides(epochs), *more])
    rehearse(composition)
    DataRehearsal()(composition)
    return composition


def train_full(composition: Composition, run_id: str, named_by: Sequence[str]) -> RunDirectory:
    """Train on all images, or take the run as it is if it has been trained before.

    Raises:
        RunFailed: The training failed.
        Interrupted: The user stopped it; the same call goes on from its checkpoint.
    """
    from swatch.threads import limit_threads

    limit_threads(composition.settings.training.threads)
    from swatch.training.outcome import INTERRUPTED
    from swatch.training.run import train

    result = train(composition, run_id=run_id, named_by=named_by, show=False)
    if result.status == INTERRUPTED:
        raise Interrupted("interrupted while retraining; the same command goes on from there")
    result.raise_unless_done()
    return RunDirectory(result.directory)


def judge(
    directory: RunDirectory,
    split: str,
    measured: Callable[[Evaluation, int], Any] = lambda found, count: None,
) -> Judged:
    """Return what the run's network does on a split: as it is kept, or else measured now, once.

    Args:
        directory: Of a run with a model.
        split: Which part of the data; a reading of the test set is counted.
        measured: Takes a new evaluation, before it is forgotten, and how often the test set has been read.

    Raises:
        UserError: The data or the model cannot be read.
    """
    kept = _kept(directory, split)
    if kept is not None:
        return kept
    evaluation = evaluate(directory, split)
    readings = records.record(directory, evaluation)
    measured(evaluation, readings)
    return Judged(
        split=split,
        images=len(evaluation.labels),
        metrics=evaluation.metrics,
        labels=evaluation.class_names,
        counts=evaluation.counts.tolist(),
        is_new=True,
    )


def splits_of(composition: Composition) -> tuple[str, ...]:
    """Return the parts of the data to judge by: training and, if the data set has one, test."""
    source: Source = build(composition.config.data)
    return (TRAIN, TEST) if source.has_test_set else (TRAIN,)


def _kept(directory: RunDirectory, split: str) -> Judged | None:
    """Return the last evaluation of a split, if it is of the model that lies there."""
    for entry in reversed(records.read(directory)):
        if entry.get("split") != split:
            continue
        if not _is_of_this_model(directory, entry):
            return None
        matrix = entry.get("confusion_matrix")
        if not isinstance(matrix, Mapping) or not isinstance(entry.get("metrics"), Mapping):
            return None
        return Judged(
            split=split,
            images=int(entry.get("images", 0)),
            metrics=entry["metrics"],
            labels=list(matrix["labels"]),
            counts=list(matrix["counts"]),
            is_new=False,
        )
    return None


def _is_of_this_model(directory: RunDirectory, entry: Mapping[str, Any]) -> bool:
    """Whether an evaluation was made after the model was written: a changed config trains another one."""
    try:
        made = datetime.fromisoformat(str(entry.get("time"))).timestamp()
        # The time is kept in whole seconds.
        return made + 1 > directory.model_file.stat().st_mtime
    except (ValueError, OSError):
        return False
