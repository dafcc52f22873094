"""Keeps how much of each class is recognised, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from swatch.metrics import class_scores
from swatch.tracking import class_accuracy
from swatch.training.callbacks.base import Callback

if TYPE_CHECKING:
    from swatch.tracking import Record
    from swatch.training.trainer import Trainer

_DECIMALS = 6


class ClassAccuracy(Callback):
    """Writes a line an epoch to ``class_accuracy.jsonl``, from the confusion matrix of the validation.

    Args:
        folder: the run directory; it exists when training starts.
        labels: the classes' names.
    """

    def __init__(self, folder: Path, labels: Sequence[str]) -> None:
        self._folder, self._labels = folder, tuple(labels)

    def on_start(self, trainer: Trainer) -> None:
        """Begin anew, or after the epochs that a resumed run has behind it."""
        if trainer.validation.samples:
            class_accuracy.keep_until(self._folder, len(trainer.history))

    def on_epoch_end(self, trainer: Trainer, record: Record) -> None:
        """Add the epoch."""
        if trainer.measured is None:
            return
        scores = class_scores(trainer.measured.counts)
        shares = {
            label: None if support == 0 or math.isnan(recall) else round(recall, _DECIMALS)
            for label, recall, support in zip(
                self._labels, scores.recall.tolist(), scores.support.tolist(), strict=True
            )
        }
        class_accuracy.append(self._folder, int(record["epoch"]), shares)
