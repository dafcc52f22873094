"""Images with the best run's answers, small enough to lie inside the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from swatch.tracking.tracker import SampleImages

MOST = 48
_LARGEST_SIDE = 64


@dataclass(frozen=True)
class Picture:
    """One image and the answer for it."""

    source: str
    """A data URI of a PNG."""
    actual: str
    answer: str
    probability: float
    is_right: bool


def pictures(samples: SampleImages | None, most: int = MOST) -> list[Picture]:
    """Return at most ``most`` images: the wrong answers first, from the most to the least confident."""
    from swatch.report.evaluation.page import picture

    if samples is None:
        return []
    wrong = samples.predicted != samples.actual
    order = np.lexsort((-samples.probability, ~wrong))[:most]
    step = max(1, -(-max(samples.images.shape[1:3]) // _LARGEST_SIDE))
    return [
        Picture(
            source=picture(samples.images[row, ::step, ::step]),
            actual=samples.labels[int(samples.actual[row])],
            answer=samples.labels[int(samples.predicted[row])],
            probability=float(samples.probability[row]),
            is_right=not wrong[row],
        )
        for row in order
    ]
