"""A trained network's answers for a part of its data, and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from swatch.compose import build_plain
from swatch.errors import UserError, did_you_mean
from swatch.evaluation.same_data import changed_files, check_fit
from swatch.metrics import (
    Calibration,
    ClassScores,
    Interval,
    accuracy,
    balanced_accuracy,
    bootstrap_counts,
    bootstrap_mean,
    calibration,
    class_scores,
    confusion_counts,
    macro_average,
    weighted_average,
)
from swatch.metrics.measures import log_losses, measures
from swatch.tracking import class_accuracy
from swatch.tracking.replay import summary_so_far
from swatch.training.model import BATCH_SIZE
from swatch.training.model_file import load_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from swatch.data.source import Dataset, Source
    from swatch.metrics.confusion import Counts
    from swatch.tracking import RunDirectory
    from swatch.tracking.class_accuracy import ClassAccuracies

TRAIN, VALIDATION, TEST = "train", "val", "test"
SPLITS = (TRAIN, VALIDATION, TEST)


@dataclass(frozen=True)
class Evaluation:
    """Everything that was asked and answered."""

    run_id: str
    run_name: str
    dataset: str
    """The data set's title."""
    split: str
    """``train``, ``val`` or ``test``."""
    class_names: tuple[str, ...]
    images: NDArray[np.uint8]
    """(n, height, width, channels)."""
    labels: NDArray[np.intp]
    """True classes, (n,)."""
    probabilities: NDArray[np.floating[Any]]
    """Of every class, (n, classes)."""
    loss: float
    """Mean of the loss that the run was trained with, penalties left out."""
    class_accuracies: ClassAccuracies | None = None
    """How each class was learnt: what validation recognised of it, epoch by epoch, if that was kept."""
    best_epoch: int | None = None
    """The epoch whose weights these are."""
    changed_files: tuple[str, ...] = ()
    """Files of the training and validation images that are other ones than when the run was trained."""

    @cached_property
    def predictions(self) -> NDArray[np.intp]:
        """The most probable class of every image, (n,)."""
        answers: NDArray[np.intp] = self.probabilities.argmax(axis=1)
        return answers

    @cached_property
    def counts(self) -> Counts:
        """The confusion matrix."""
        return confusion_counts(self.labels, self.predictions, len(self.class_names))

    @cached_property
    def log_losses(self) -> NDArray[np.float64]:
        """-log of the probability of the true class, (n,)."""
        return log_losses(self.probabilities, self.labels)

    @cached_property
    def scores(self) -> ClassScores:
        """Precision, recall and F1 of every class."""
        return class_scores(self.counts)

    @cached_property
    def calibration(self) -> Calibration:
        """Whether the answers are as often right as they are confident."""
        return calibration(self.probabilities, self.labels)

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Every measure by its name."""
        return measures(self.loss, self.probabilities, self.labels)

    @cached_property
    def intervals(self) -> dict[str, Interval]:
        """95 % bootstrap intervals of those measures that are means or follow from the confusion matrix."""

        def averaged(average: Callable[[ClassScores], Mapping[str, float]]) -> Callable[[Counts], float]:
            return lambda counts: average(class_scores(counts))["f1"]

        return {
            "log_loss": bootstrap_mean(self.log_losses),
            "accuracy": bootstrap_counts(self.counts, accuracy),
            "balanced_accuracy": bootstrap_counts(self.counts, balanced_accuracy),
            "macro_f1": bootstrap_counts(self.counts, averaged(macro_average)),
            "weighted_f1": bootstrap_counts(self.counts, averaged(weighted_average)),
        }


def check_split(split: str) -> str:
    """Return ``split``.

    Raises:
        UserError: it is none of ``SPLITS``.
    """
    if split not in SPLITS:
        raise UserError(
            f"--split must be one of {', '.join(SPLITS)}, not '{split}'.{did_you_mean(split, SPLITS)}"
        )
    return split


def evaluate(directory: RunDirectory, split: str) -> Evaluation:
    """Ask a run's best network about every image of a split.

    The test set's files are opened for ``split="test"`` alone.

    Args:
        directory: of a run that has saved its model.
        split: ``train``, ``val`` or ``test``, as the run's config makes them.

    Raises:
        UserError: the run has no model yet, its files are damaged, the data cannot be had or have other
            classes than at the training, or the split has no images.
    """
    check_split(split)
    config = directory.read_config()
    if config is None or not all(isinstance(config.get(part), Mapping) for part in ("data", "loss")):
        raise UserError(f"{directory.config_file} cannot be read: the run directory is damaged")
    if not directory.model_file.exists():
        raise UserError(f"run '{directory.path.name}' has no model: {why_no_model(directory)}")
    trusted = tuple((config.get("compose") or {}).get("trusted_packages") or ())
    model = load_model(directory.model_file, trusted)
    source: Source = build_plain(config["data"], "data", trusted)
    check_fit(source, model, directory.path.name)
    images, labels = _part(source, split)
    if not len(labels):
        whole = "; the run trained on all images, see --split train or test" if split == VALIDATION else ""
        raise UserError(f"the {split} part of {source.title} has no images{whole}")
    loss: Any = build_plain(config["loss"], "loss", trusted)
    total = 0.0
    logits = model.logits(images)
    for start in range(0, len(labels), BATCH_SIZE):
        part = slice(start, start + BATCH_SIZE)
        total += loss.forward(logits[part], labels[part]) * len(labels[part])
    summary = directory.read_summary() or {}
    return Evaluation(
        run_id=directory.path.name,
        run_name=str(summary.get("name") or directory.path.name),
        dataset=source.title,
        split=split,
        class_names=model.classes,
        images=images,
        labels=labels,
        probabilities=model.probabilities(logits),
        loss=total / len(labels),
        class_accuracies=class_accuracy.read(directory.path),
        best_epoch=_best_epoch(summary),
        changed_files=changed_files(source, directory),
    )


def _best_epoch(summary: Mapping[str, Any]) -> int | None:
    best = summary.get("best")
    epoch = best.get("epoch") if isinstance(best, Mapping) else None
    return epoch if isinstance(epoch, int) else None


def _part(source: Source, split: str) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Return the images and labels of a split; none but the test split opens the test files."""
    if split == TEST:
        test: Dataset = source.test_set()
        return test.images, test.labels.astype(np.intp)
    whole = source.training_set()
    training, validation = source.split(whole.labels)
    rows = training if split == TRAIN else validation
    return whole.images[rows], whole.labels[rows].astype(np.intp)


def why_no_model(directory: RunDirectory) -> str:
    """Return why a run has saved no model, in words, and what it had reached."""
    summary, epochs = directory.read_summary(), len(directory.read_history())
    reached = _reached(directory)
    if summary is not None:
        reason = f" ({summary['reason']})" if summary.get("reason") else ""
        return f"it ended as {summary.get('status')}{reason} after {epochs} epochs{reached}"
    if directory.is_alive():
        return f"it is still training, {epochs} epochs are done{reached}; wait for its end"
    return f"it was interrupted after {epochs} epochs{reached}; the command that started it goes on with it"


def _reached(directory: RunDirectory) -> str:
    """Return the best value of what the run watches, in words; nothing before the first epoch."""
    found = summary_so_far(directory)
    best, monitor = found["best"], found["monitor"]
    return "" if best is None else f", with {monitor} {best[monitor]:.4f} at best"
