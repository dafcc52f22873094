"""A confusion matrix prepared for looking at: shares of each row, what stands out, scores of each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swatch.metrics import class_scores, macro_average, normalized_rows


@dataclass(frozen=True)
class Cell:
    """One cell: how many samples of the row's class were predicted as the column's."""

    count: int
    share: float
    """Of the row's samples."""
    count_strength: float
    """0 to 1: the count against the largest one off (or, on it, on) the diagonal."""
    share_strength: float
    """0 to 1: the same for the share."""
    is_diagonal: bool


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall and F1 of one class."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Mistake:
    """One frequent confusion."""

    actual: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True)
class Confusion:
    """The matrix with rows of true and columns of predicted classes."""

    labels: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    scores: tuple[ClassScore, ...]
    macro: Mapping[str, float]
    """Unweighted means over the classes of ``precision``, ``recall`` and ``f1``."""
    mistakes: tuple[Mistake, ...]
    """The most frequent confusions, the largest first."""
    accuracy: float
    samples: int


def confusion_of(summary: Mapping[str, Any], most: int = 5) -> Confusion | None:
    """Return the summary's confusion matrix prepared for display, or None if it has none that is usable.

    Expected are ``labels`` (n) and ``counts`` (n, n), rows true, columns predicted, at least one sample.
    """
    raw = summary.get("confusion_matrix")
    if not isinstance(raw, Mapping):
        return None
    labels = tuple(str(label) for label in raw.get("labels", ()))
    try:
        counts = np.asarray(raw.get("counts"), dtype=np.int64)
    except (TypeError, ValueError):
        return None
    if counts.shape != (len(labels), len(labels)) or counts.sum() <= 0 or (counts < 0).any():
        return None
    shares = normalized_rows(counts)
    scores = class_scores(counts)
    columns = zip(labels, scores.precision, scores.recall, scores.f1, scores.support, strict=True)
    return Confusion(
        labels=labels,
        rows=_cells(counts, shares),
        scores=tuple(
            ClassScore(label, float(precision), float(recall), float(f1), int(support))
            for label, precision, recall, f1, support in columns
        ),
        macro=macro_average(scores),
        mistakes=_mistakes(labels, counts, shares, most),
        accuracy=float(np.trace(counts) / counts.sum()),
        samples=int(counts.sum()),
    )


def _strengths(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    # The diagonal has a scale of its own: on a common one it would drown the confusions.
    diagonal = np.eye(len(values), dtype=bool)
    strengths = np.zeros(values.shape)
    for part in (diagonal, ~diagonal):
        largest = values[part].max() if part.any() else 0
        if largest > 0:
            strengths[part] = values[part] / largest
    return strengths


def _cells(counts: npt.NDArray[np.int64], shares: npt.NDArray[np.float64]) -> tuple[tuple[Cell, ...], ...]:
    by_count, by_share = _strengths(counts), _strengths(shares)
    size = len(counts)
    return tuple(
        tuple(
            Cell(
                count=int(counts[row, column]),
                share=float(shares[row, column]),
                count_strength=float(by_count[row, column]),
                share_strength=float(by_share[row, column]),
                is_diagonal=row == column,
            )
            for column in range(size)
        )
        for row in range(size)
    )


def _mistakes(
    labels: tuple[str, ...], counts: npt.NDArray[np.int64], shares: npt.NDArray[np.float64], most: int
) -> tuple[Mistake, ...]:
    off = [
        (-int(counts[row, column]), row, column)
        for row, column in np.argwhere(counts > 0).tolist()
        if row != column
    ]
    return tuple(
        Mistake(labels[row], labels[column], -count, float(shares[row, column]))
        for count, row, column in sorted(off)[:most]
    )
