"""A continuous distribution rounded to multiples of ``q``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from swatch.sweep.distributions.base import Discrete, number
from swatch.sweep.distributions.continuous import Continuous


@dataclass(frozen=True)
class Quantized(Discrete):
    """``base`` rounded to the nearest multiple of ``q``: W&B's ``q_…`` distributions.

    Values stay within the bounds of ``base``: where W&B would round below ``min`` or above ``max``, the
    nearest multiple inside is taken. They are whole numbers if ``q`` was written as one.
    """

    base: Continuous
    q: float
    name: str = "q_uniform"

    @cached_property
    def _steps(self) -> tuple[int, int]:
        """The first and the last multiple of ``q`` within the bounds."""
        low, high = self.base.bounds
        # 0.3 / 0.1 is 2.9999999999999996: a bound that is a multiple must count as one.
        first = math.ceil(low / self.q - 1e-9)
        last = math.floor(high / self.q + 1e-9)
        return first, last

    @property
    def size(self) -> int:
        """How many multiples lie within the bounds; 0 or less if none does, which the parser refuses."""
        return self._steps[1] - self._steps[0] + 1

    @property
    def bounded(self) -> bool:
        """Whether ``base`` has bounds of its own."""
        return self.base.bounded

    def value_at(self, index: int) -> float:
        """Return multiple number ``index`` of those within the bounds."""
        step = self._steps[0] + index
        if isinstance(self.q, int):
            return step * self.q
        # Decimal, so that three times 0.1 is 0.3.
        return float(step * Decimal(repr(self.q)))

    def index_of(self, value: Any) -> int:
        """Return the number of the multiple; raises ValueError if ``value`` is none."""
        real = number(value)
        if real is not None and math.isfinite(real):
            index = round(real / self.q) - self._steps[0]
            inside = 0 <= index < self.size
            if inside and math.isclose(real, self.value_at(index), rel_tol=1e-9, abs_tol=1e-12):
                return index
        raise ValueError(f"{value!r} is not one of {self.describe()}")

    def from_unit(self, unit: float) -> float:
        """Return the quantile of ``base``, rounded (a tie to the even multiple, as NumPy does)."""
        index = round(float(self.base.from_unit(unit)) / self.q) - self._steps[0]
        return self.value_at(min(max(index, 0), self.size - 1))

    def to_unit(self, value: Any) -> float:
        """Return the middle, in probability, of what rounds to ``value``."""
        index = self.index_of(value)
        centre = float(self.value_at(index))
        low, high = self.base.bounds
        below = 0.0 if index == 0 else self.base.to_unit(min(max(centre - self.q / 2, low), high))
        above = 1.0 if index == self.size - 1 else self.base.to_unit(min(max(centre + self.q / 2, low), high))
        return (below + above) / 2

    def describe(self) -> str:
        """Return the base's words with the step."""
        return f"{self.base.describe().rsplit(', ', 1)[0]} in steps of {self.q:g}, {self.name}"
