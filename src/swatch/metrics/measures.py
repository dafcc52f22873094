"""Every measure of a classifier's answers by its name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.metrics.calibration import calibration
from swatch.metrics.classification import (
    accuracy,
    balanced_accuracy,
    class_scores,
    macro_average,
    weighted_average,
)
from swatch.metrics.confusion import confusion_counts

# Below this a probability counts as this, as its logarithm would be infinite: float32's own resolution.
LEAST_PROBABILITY = float(np.finfo(np.float32).eps)


def log_losses(probabilities: NDArray[np.floating[Any]], labels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return -log of the probability of the true class, shape (n,).

    Args:
        probabilities: of every class, shape (n, classes).
        labels: true classes, shape (n,).
    """
    of_truth = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    losses: NDArray[np.float64] = -np.log(np.maximum(of_truth, LEAST_PROBABILITY))
    return losses


def measures(
    loss: float, probabilities: NDArray[np.floating[Any]], labels: NDArray[np.intp]
) -> dict[str, float]:
    """Return loss, accuracies, averages over the classes and calibration errors.

    Args:
        loss: mean of the loss that the network was trained with.
        probabilities: of every class, shape (n, classes).
        labels: true classes, shape (n,).
    """
    counts = confusion_counts(labels, probabilities.argmax(axis=1), probabilities.shape[1])
    scores, calibrated = class_scores(counts), calibration(probabilities, labels)
    return {
        "loss": loss,
        "log_loss": float(log_losses(probabilities, labels).mean()),
        "accuracy": accuracy(counts),
        "balanced_accuracy": balanced_accuracy(counts),
        **{f"macro_{name}": value for name, value in macro_average(scores).items()},
        **{f"weighted_{name}": value for name, value in weighted_average(scores).items()},
        "expected_calibration_error": calibrated.expected_error,
        "largest_calibration_error": calibrated.largest_error,
    }
