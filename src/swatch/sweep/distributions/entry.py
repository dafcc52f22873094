"""One entry of a sweep's ``parameters`` block, read key by key with checks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swatch.sweep.distributions.base import number
from swatch.sweep.distributions.categorical import canonical

# exp overflows just above this exponent.
LARGEST_EXPONENT = 709.0


class ParameterError(ValueError):
    """A parameter's entry is wrong; ``key`` names the part of it at fault, if one is."""

    def __init__(self, message: str, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class Entry:
    """One parameter's entry; every reader raises ParameterError."""

    raw: Mapping[str, Any]

    def real(self, key: str, default: float | None = None) -> float:
        """Return the finite number under ``key``, as the user wrote it (an int stays one)."""
        value = self.raw.get(key, default)
        real = number(value)
        if real is None or not math.isfinite(real):
            raise ParameterError(f"{key} must be a finite number, not {value!r}", key)
        assert isinstance(value, int | float)
        return value

    def positive(self, key: str, default: float | None = None) -> float:
        """Return the number under ``key``, which must be above 0."""
        value = self.real(key, default)
        if value <= 0:
            raise ParameterError(f"{key} must be above 0, not {value}", key)
        return value

    def range(self) -> tuple[float, float]:
        """Return ``min`` and ``max``, checked not to be the wrong way round; they may be equal."""
        low, high = self.real("min"), self.real("max")
        if low > high:
            raise ParameterError(f"min {low} is above max {high}; exchange them", "min")
        return low, high

    def positive_range(self) -> tuple[float, float]:
        """Return ``min`` and ``max``, both above 0 as a logarithm needs them."""
        low, high = self.range()
        if low <= 0:
            raise ParameterError(
                f"min must be above 0 for a logarithmic scale, not {low}; start at a small number such as "
                "1.0e-6, or use `distribution: uniform`",
                "min",
            )
        return low, high

    def exponents(self) -> tuple[float, float]:
        """Return ``min`` and ``max`` as exponents of e."""
        low, high = self.range()
        if max(abs(low), abs(high)) > LARGEST_EXPONENT:
            raise ParameterError(
                f"min and max are exponents of e here, and e to the {high:g} is no number; "
                "`log_uniform_values` takes the values themselves",
                "max",
            )
        return low, high

    def values(self) -> list[Any]:
        """Return ``values``, which must be a list that is not empty, without repetitions."""
        values = self.raw["values"]
        if not isinstance(values, list | tuple) or not values:
            raise ParameterError(f"values must be a list with at least one value, not {values!r}", "values")
        return list({key_of(value): value for value in reversed(values)}.values())[::-1]


def key_of(value: Any) -> str:
    """Return the canonical text of one of ``values``; raises ParameterError for what no sweep can hold."""
    try:
        return canonical(value)
    except TypeError as error:
        raise ParameterError(str(error), "values") from None
