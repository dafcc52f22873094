"""Calibration: whether what is said with a confidence of 80 % is right in 80 % of the cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15


@dataclass(frozen=True)
class Calibration:
    """Confidence and accuracy of answers, grouped by confidence; each array is (bins,).

    The confidence of an answer is the probability of the class that was named. Bins without answers have nan.
    """

    edges: NDArray[np.float64]
    """Bounds of the bins, (bins + 1,); a bin holds its upper bound."""
    confidence: NDArray[np.float64]
    """Mean confidence of the answers in each bin."""
    accuracy: NDArray[np.float64]
    """The share of them that was right."""
    counts: NDArray[np.int64]
    """How many there are."""

    @property
    def expected_error(self) -> float:
        """Σ (n_b / n) |accuracy_b - confidence_b|.

        Guo et al., "On Calibration of Modern Neural Networks" (2017), eq. 3.
        """
        gaps = np.abs(self.accuracy - self.confidence)[self.counts > 0]
        return float(gaps @ self.counts[self.counts > 0] / self.counts.sum())

    @property
    def largest_error(self) -> float:
        """max |accuracy_b - confidence_b| over the bins with answers (eq. 5 there)."""
        return float(np.nanmax(np.abs(self.accuracy - self.confidence)))


def calibration(
    probabilities: NDArray[np.floating[Any]], labels: NDArray[np.intp], bins: int = BINS
) -> Calibration:
    """Group answers by their confidence, in bins of equal width.

    Args:
        probabilities: of every class, shape (n, classes), n at least 1.
        labels: true classes, shape (n,).
        bins: how many, at least 1.
    """
    answers = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1).astype(np.float64)
    is_right = (answers == labels).astype(np.float64)
    edges = np.linspace(0, 1, bins + 1)
    places = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    some = np.where(counts > 0, counts, np.nan)
    return Calibration(
        edges,
        np.bincount(places, confidence, minlength=bins) / some,
        np.bincount(places, is_right, minlength=bins) / some,
        counts.astype(np.int64),
    )
