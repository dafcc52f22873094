"""How the swept parameters look to Optuna and its dashboard."""

from __future__ import annotations

import math
from collections.abc import Mapping

from swatch.sweep.distributions import Categorical, Constant, Discrete, Distribution
from swatch.sweep.ledger.mirror import Axis, choice_key

_TAIL = 1e-6
"""Where a distribution without bounds is cut off for Optuna, which knows only ranges."""


def axes(parameters: Mapping[str, Distribution]) -> dict[str, Axis]:
    """Return the axis of every parameter that varies."""
    return {
        name: axis(distribution)
        for name, distribution in parameters.items()
        if not isinstance(distribution, Constant)
    }


def axis(distribution: Distribution) -> Axis:
    """Return a distribution's axis: lists of numbers are ranges of real values, other lists are choices."""
    if isinstance(distribution, Categorical):
        values = list(distribution.values)
        if not all(_is_number(value) for value in values):
            return Axis("categorical", choices=tuple(choice_key(value) for value in values))
        whole = all(isinstance(value, int) for value in values)
        return Axis("int" if whole else "float", min(values), max(values))
    low, high = (
        end if math.isfinite(end) else distribution.from_unit(tail)
        for end, tail in (
            (distribution.from_unit(0.0), _TAIL),
            (distribution.from_unit(1.0), 1.0 - _TAIL),
        )
    )
    whole = isinstance(distribution, Discrete) and isinstance(low, int) and isinstance(high, int)
    return Axis("int" if whole else "float", low, high, log="log_" in distribution.name and low > 0)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
