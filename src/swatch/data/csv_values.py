"""The pixel values of many CSV lines at once; a line alone is looked at only where one of them is wrong."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def parse(texts: Sequence[str], width: int, separator: str) -> NDArray[Any] | None:
    """Return the numbers of all lines, int64 or float64, shape (lines, width), or None if one does not fit.

    ``nan`` is a number here.
    """
    joined = separator.join(texts)
    for kind in (np.int64, np.float64):
        with warnings.catch_warnings():
            # NumPy 2.2 warns of text that is no number, later ones raise ValueError.
            warnings.simplefilter("error", DeprecationWarning)
            try:
                values = np.fromstring(joined, kind, sep=separator)
            except (ValueError, DeprecationWarning):
                continue
        if values.size == len(texts) * width:
            return values.reshape(len(texts), width)
    return None


def usable(values: NDArray[Any], maximum: float) -> NDArray[np.bool_]:
    """Return which lines hold only values from 0 to ``maximum``, shape (lines,)."""
    fits: NDArray[np.bool_] = np.all((values >= 0) & (values <= maximum), axis=1)
    return fits


def to_bytes(values: NDArray[Any], maximum: float) -> NDArray[np.uint8]:
    """Scale usable values so that ``maximum`` becomes 255, rounded to the nearest byte."""
    if maximum == 255 and values.dtype == np.int64:
        return values.astype(np.uint8)
    return np.rint(values * (255 / maximum)).astype(np.uint8)


def diagnose(cells: Sequence[str], columns: Sequence[str], maximum: float) -> tuple[str, str] | None:
    """Return what is wrong with the pixels of a line: the kind of trouble and where it is; None if nothing.

    Args:
        cells: as many as ``columns``.
        columns: their names.
        maximum: the largest value that is allowed.
    """
    for cell, column in zip(cells, columns, strict=True):
        if cell.lower() in {"", "nan", "na", "null", "none"}:
            missing = sum(other == cell for other in cells)
            return "with missing values", f"has no value in column {column}" + (
                f" and {missing - 1} more" if missing > 1 else ""
            )
        try:
            value = float(cell)
        except ValueError:
            return "with something else than numbers", f"has '{cell[:20]}' in column {column}"
        if not math.isfinite(value) or not 0 <= value <= maximum:
            return "out of range", f"has {cell} in column {column}, expected 0 to {maximum:g}"
    return None
