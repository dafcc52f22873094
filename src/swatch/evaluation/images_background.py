"""What stands behind the object on a picture: whether it is dark or light, and how even it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BORDER_SHARE = 0.02
"""Thickness of the border that is looked at, as a share of the shorter edge; at least one pixel."""

LEAST_CONTRAST = 8.0
"""What differs by less, in bytes, belongs to the background: the noise of JPEG files."""

_MOST_SPREAD = 25.0
# Standard deviations of a normal distribution per median absolute deviation.
_DEVIATIONS = 1.4826
_FITS = 3

Grey = NDArray[np.float32]


@dataclass(frozen=True)
class Background:
    """The plain behind the object.

    Attributes:
        levels: brightness in bytes at every pixel, shape (height, width): a plane, as light falls unevenly.
        contrast: what differs by more from it, in bytes, is object.
        is_even: whether there is such a plain at all; a room or a meadow is none.
    """

    levels: Grey
    contrast: float
    is_even: bool


def is_light(grey: Grey) -> bool:
    """Whether the background is lighter than the rest: the border's median against the mean within.

    Of the 60,000 training images of Fashion-MNIST, which are light on dark, it takes one for the other way
    round: clothes rarely fill half of the border.
    """
    thickness = _thickness(grey)
    inner = grey[thickness:-thickness, thickness:-thickness]
    return bool(inner.size and np.median(_border(grey)) > inner.mean())


def find_background(grey: Grey) -> Background:
    """Fit a plane to what the border of a picture shows for the most part.

    Args:
        grey: brightness in bytes, shape (height, width).
    """
    border = _border(grey)
    level = float(np.median(border))
    spread = _spread(border - level)
    if spread < 1:
        levels = np.full_like(grey, level)
        return Background(levels, LEAST_CONTRAST, is_even=True)
    rows, columns = (axis.astype(np.float64) for axis in np.indices(grey.shape))
    rows, columns = rows / grey.shape[0] - 0.5, columns / grey.shape[1] - 0.5
    places = np.stack([np.ones(border.size), _border(rows), _border(columns)], axis=1)
    plane, near = np.array([level, 0.0, 0.0]), np.abs(border - level) <= 3 * spread
    # Fitted again without what stands out, which is the object where it touches the border.
    for _ in range(_FITS):
        plane = np.linalg.lstsq(places[near], border[near], rcond=None)[0]
        rest = border - places @ plane
        spread = _spread(rest)
        near = np.abs(rest) <= max(3 * spread, LEAST_CONTRAST)
    levels = np.asarray(plane[0] + plane[1] * rows + plane[2] * columns, np.float32).clip(0, 255)
    return Background(levels, max(4 * spread, LEAST_CONTRAST), is_even=spread <= _MOST_SPREAD)


def _spread(differences: NDArray[np.floating]) -> float:
    return _DEVIATIONS * float(np.median(np.abs(differences)))


def _thickness(values: NDArray[np.floating]) -> int:
    return max(1, round(BORDER_SHARE * int(min(values.shape))))


def _border(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the values of the border, one after another."""
    thickness = _thickness(values)
    parts = (
        values[:thickness],
        values[-thickness:],
        values[thickness:-thickness, :thickness],
        values[thickness:-thickness, -thickness:],
    )
    return np.concatenate([part.ravel() for part in parts]).astype(np.float64)
