"""The confusion matrix: how often each class was taken for each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
"""A confusion matrix (classes, classes): the row is the true class, the column the predicted one."""


def confusion_counts(labels: NDArray[np.intp], predictions: NDArray[np.intp], classes: int) -> Counts:
    """Count pairs of true and predicted class.

    Args:
        labels: True classes (n,), each in 0..classes-1.
        predictions: Predicted classes (n,), likewise.
        classes: The number of classes.

    Returns:
        Counts (classes, classes) whose entry [i, j] says how many samples of class i were called j.

    Raises:
        ValueError: The lengths differ, or a class lies outside 0..classes-1.
    """
    if labels.shape != predictions.shape or labels.ndim != 1:
        raise ValueError(
            f"labels {labels.shape} and predictions {predictions.shape} must be equally long vectors"
        )
    for name, values in (("label", labels), ("prediction", predictions)):
        if values.size and not 0 <= int(values.min()) <= int(values.max()) < classes:
            raise ValueError(f"a {name} lies outside 0..{classes - 1}")
    pairs = labels.astype(np.int64) * classes + predictions
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes).astype(np.int64)


def normalized_rows(counts: Counts) -> NDArray[np.float64]:
    """Divide each row by its sum: the shares of the answers that a class's samples got.

    The diagonal is the recall. The row of a class without samples stays zero.
    """
    totals = counts.sum(axis=1, keepdims=True, dtype=np.float64)
    shares: NDArray[np.float64] = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    return shares
