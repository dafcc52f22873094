"""Measuring a network on data that it does not learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from swatch.metrics import accuracy, confusion_counts

if TYPE_CHECKING:
    from swatch.data.batches import Batches
    from swatch.nn import Loss, Network


@dataclass(frozen=True)
class Validation:
    """What one pass over the validation part showed."""

    loss: float
    """Mean loss per sample."""
    counts: NDArray[np.int64]
    """The confusion matrix (classes, classes); rows are true classes."""

    @property
    def accuracy(self) -> float:
        """The share of samples that were classified rightly."""
        return accuracy(self.counts)


def validate(network: Network, loss: Loss, batches: Batches, classes: int) -> Validation:
    """Run the network in evaluation mode over one epoch of ``batches``."""
    total = 0.0
    counts = np.zeros((classes, classes), np.int64)
    for x, labels in batches.epoch(0):
        logits = network.forward(x, training=False)
        counts += confusion_counts(labels, logits.argmax(axis=1), classes)
        total += loss.forward(logits, labels) * len(labels)
    return Validation(total / batches.samples, counts)
