"""Which images are worth a look: the most confident errors and right answers, and the most uncertain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from swatch.evaluation.evaluating import Evaluation

SIZE = 24
"""Images in a gallery."""


@dataclass(frozen=True)
class Picture:
    """One image and the answers for it."""

    row: int
    """Its place in the split, from 0."""
    image: NDArray[np.uint8]
    """(height, width, channels)."""
    actual: str
    answers: tuple[tuple[str, float], ...]
    """The most probable classes with their probabilities, the first one being the answer."""

    @property
    def is_right(self) -> bool:
        """Whether the answer is the true class."""
        return self.answers[0][0] == self.actual


@dataclass(frozen=True)
class Gallery:
    """Some images that have something in common."""

    title: str
    explanation: str
    pictures: tuple[Picture, ...]


def galleries(evaluation: Evaluation, size: int = SIZE) -> tuple[Gallery, ...]:
    """Return three galleries of at most ``size`` images each; equal ones stand in the order of the data."""
    probabilities = evaluation.probabilities.astype(np.float64)
    confidence = probabilities.max(axis=1)
    is_right = evaluation.predictions == evaluation.labels
    # Shannon's entropy in nats: largest where all classes are equally probable.
    logarithms = np.log(np.where(probabilities > 0, probabilities, 1.0))
    entropy = -(probabilities * logarithms).sum(axis=1)
    return (
        _gallery(
            evaluation,
            "Most confident, and wrong",
            "Errors in the order of their confidence: wrong labels, and images that look like another class.",
            _first(-confidence, ~is_right, size),
        ),
        _gallery(
            evaluation,
            "Most uncertain",
            "Where the probabilities are spread most evenly (largest entropy), right or wrong.",
            _first(-entropy, np.ones(len(entropy), bool), size),
        ),
        _gallery(
            evaluation,
            "Most confident, and right",
            "What the network takes for the most typical images.",
            _first(-confidence, is_right, size),
        ),
    )


def _first(key: NDArray[np.float64], among: NDArray[np.bool_], size: int) -> NDArray[np.intp]:
    """Return the places of the smallest keys."""
    candidates = np.flatnonzero(among)
    chosen: NDArray[np.intp] = candidates[np.argsort(key[candidates], kind="stable")[:size]]
    return chosen


def _gallery(evaluation: Evaluation, title: str, explanation: str, rows: NDArray[np.intp]) -> Gallery:
    return Gallery(title, explanation, tuple(_picture(evaluation, int(row)) for row in rows))


def _picture(evaluation: Evaluation, row: int) -> Picture:
    names, shares = evaluation.class_names, evaluation.probabilities[row]
    order = np.argsort(-shares, kind="stable")[:3]
    answers: tuple[tuple[str, float], ...] = tuple((names[place], float(shares[place])) for place in order)
    return Picture(row, evaluation.images[row], names[int(evaluation.labels[row])], answers)
