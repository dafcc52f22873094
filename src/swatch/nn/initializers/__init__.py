"""Initial values of weights, found by name; one file each.

An initializer is a file ``<name>.py`` with a function of the same name,

    name(shape, fan_in, fan_out, generator, scale=...) -> float64 array of that shape

where ``scale`` is the standard deviation or half-width for the ``random`` ones, and a factor (the gain of the
activation that follows) for the others.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError, did_you_mean

# (shape, fan_in, fan_out, generator) -> values
Initializer = Callable[[tuple[int, ...], int, int, np.random.Generator], NDArray[Any]]


@cache
def names() -> tuple[str, ...]:
    """Return the names of all initializers."""
    return tuple(sorted(info.name for info in pkgutil.iter_modules(__path__)))


def by_name(name: str, scale: float | None = None) -> Initializer:
    """Return an initializer.

    Args:
        name: such as ``he_normal``.
        scale: see above; None takes the initializer's usual one.

    Raises:
        UserError: there is none of that name, or the scale is negative or not finite.
    """
    if name not in names():
        raise UserError(
            f"weight_init must be one of {', '.join(names())}, not '{name}'."
            f"{did_you_mean(str(name), names())}"
        )
    if scale is not None and not (math.isfinite(scale) and scale >= 0):
        raise UserError(f"weight_scale must be a finite number of at least 0, found {scale}")
    function: Callable[..., NDArray[Any]] = getattr(importlib.import_module(f"{__name__}.{name}"), name)
    return function if scale is None else partial(function, scale=scale)
