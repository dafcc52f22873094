"""Whole numbers between two bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from swatch.sweep.distributions.base import Discrete, number


@dataclass(frozen=True)
class IntUniform(Discrete):
    """Every whole number from ``low`` to ``high``, both included, equally likely."""

    low: int
    high: int
    name: str = "int_uniform"

    @property
    def size(self) -> int:
        """high − low + 1."""
        return self.high - self.low + 1

    def value_at(self, index: int) -> int:
        """Return low + index."""
        return self.low + index

    def index_of(self, value: Any) -> int:
        """Return value − low; ``3.0`` counts as 3."""
        real = number(value)
        if real is None or real != int(real) or not self.low <= real <= self.high:
            raise ValueError(f"{value!r} is not a whole number from {self.low} to {self.high}")
        return int(value) - self.low

    def from_unit(self, unit: float) -> int:
        """Return the value whose share of [0, 1] holds ``unit``."""
        return self.low + min(int(unit * self.size), self.size - 1)

    def to_unit(self, value: Any) -> float:
        """Return the middle of the value's share of [0, 1]."""
        return (self.index_of(value) + 0.5) / self.size

    def describe(self) -> str:
        """Return the bounds and the name."""
        return f"{self.low} to {self.high}, {self.name}"
