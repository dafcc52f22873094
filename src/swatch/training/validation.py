"""Measuring a network on data that it does not learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from swatch.metrics import accuracy, confusion_counts
from swatch.nn.flip_average import forward

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


def validate(
    network: Network, loss: Loss, batches: Batches, classes: int, *, flips: bool = False
) -> Validation:
    """Run the network in evaluation mode over one epoch of ``batches``.

    Args:
        network: the network.
        loss: its loss.
        batches: of images that it does not learn from.
        classes: number of classes.
        flips: average the outputs for each image and its mirror image.
    """
    total = 0.0
    counts = np.zeros((classes, classes), np.int64)
    for x, labels in batches.epoch(0):
        logits = forward(network, x, flips)
        counts += confusion_counts(labels, logits.argmax(axis=1), classes)
        total += loss.forward(logits, labels) * len(labels)
    return Validation(total / batches.samples, counts)
