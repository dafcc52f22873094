"""Accuracy, and precision, recall and F1 of every class, from a confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from swatch.metrics.confusion import Counts


def accuracy(counts: Counts) -> float:
    """Return the share of samples on the diagonal.

    Raises:
        ValueError: There are no samples.
    """
    total = int(counts.sum())
    if total == 0:
        raise ValueError("the accuracy of no samples is not defined")
    return int(np.trace(counts)) / total


@dataclass(frozen=True)
class ClassScores:
    """Scores of every class; each array is (classes,)."""

    precision: NDArray[np.float64]
    """tp / (tp + fp): how often the answer "this class" was right; 0 if it was never given."""
    recall: NDArray[np.float64]
    """tp / (tp + fn): the share of the class's samples that were found; 0 if it has none."""
    f1: NDArray[np.float64]
    """2 tp / (2 tp + fp + fn), the harmonic mean of the two; 0 if it has no samples and no answers."""
    support: NDArray[np.int64]
    """How many samples the class has."""
    occurs: NDArray[np.bool_]
    """Whether it has samples, or was given as an answer."""


def class_scores(counts: Counts) -> ClassScores:
    """Return precision, recall and F1 of every class (van Rijsbergen, Information Retrieval, 1979, ch. 7)."""
    right = np.diagonal(counts).astype(np.float64)
    answers = counts.sum(axis=0)
    support = counts.sum(axis=1)
    return ClassScores(
        precision=_ratio(right, answers),
        recall=_ratio(right, support),
        f1=_ratio(2 * right, answers + support),
        support=support,
        occurs=answers + support > 0,
    )


SCORES = ("precision", "recall", "f1")


def macro_average(scores: ClassScores) -> dict[str, float]:
    """Return the unweighted means of precision, recall and F1 over the classes that occur.

    A class that has no samples and was never given as an answer says nothing of the network; counted as 0 it
    would keep a network without errors below 1.
    """
    return {name: float(getattr(scores, name)[scores.occurs].mean()) for name in SCORES}


def weighted_average(scores: ClassScores) -> dict[str, float]:
    """Return the means over classes of precision, recall and F1, each class counted by its samples."""
    shares = scores.support / scores.support.sum()
    return {name: float(getattr(scores, name) @ shares) for name in SCORES}


def balanced_accuracy(counts: Counts) -> float:
    """Return the mean recall of the classes that have samples (Brodersen et al., 2010).

    Raises:
        ValueError: There are no samples.
    """
    support = counts.sum(axis=1)
    if not support.any():
        raise ValueError("the balanced accuracy of no samples is not defined")
    return float((np.diagonal(counts)[support > 0] / support[support > 0]).mean())


def _ratio(part: NDArray[np.float64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
