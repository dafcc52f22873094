"""Numbers that are none: NaN and infinity in the data, by their rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError

_NAMED = 5


def rows_not_finite(x: NDArray[Any]) -> NDArray[np.intp]:
    """Return the rows of ``x``, shape (n, ...), that hold NaN or infinity; shape (k,)."""
    return np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))


def say_rows(rows: NDArray[np.intp]) -> str:
    """Return rows as words: the first few, and how many there are besides."""
    named = ", ".join(map(str, rows[:_NAMED].tolist()))
    more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {named}{more}"


def check_finite(x: NDArray[Any], name: str) -> None:
    """Check data once, before it goes into a network: one NaN makes every weight NaN in a single step.

    Args:
        x: floating-point numbers, shape (n, ...).
        name: what they are; the message begins with it.

    Raises:
        UserError: some are NaN or infinite; the message names the rows, counted from 0.
    """
    if (rows := rows_not_finite(x)).size:
        raise UserError(f"{name} must be finite numbers, found NaN or infinity in {say_rows(rows)}")
