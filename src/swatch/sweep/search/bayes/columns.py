"""One column in [0, 1] for each parameter: how the Gaussian process sees its values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swatch.sweep.distributions import Categorical, Discrete, Distribution

FloatArray = npt.NDArray[np.float64]

# Above so many values a range of numbers is treated as continuous and rounded.
LARGEST_GRID = 64
# Values spread over more than this factor are compared by their ratios.
LOG_FROM_RATIO = 8.0


@dataclass(frozen=True)
class Column:
    """One parameter as a coordinate.

    Attributes:
        key: The parameter.
        distribution: Its distribution.
        positions: Where the values of a grid lie, by value number; None for a continuous column.
        categorical: Whether values are only equal or different; then positions are the value numbers.
        warp: How a wide range of whole steps is scaled; None for any other column.
    """

    key: str
    distribution: Distribution
    positions: FloatArray | None = None
    categorical: bool = False
    warp: _Warp | None = None

    @property
    def inactive(self) -> float:
        """The coordinate that stands for "not active": the middle, or a category of its own."""
        return -1.0 if self.categorical else 0.5

    def encode(self, value: Any) -> float:
        """Return the coordinate of ``value``; raises ValueError if the parameter cannot take it."""
        if self.positions is not None:
            assert isinstance(self.distribution, Discrete)
            return float(self.positions[self.distribution.index_of(value)])
        if self.warp is not None:
            assert isinstance(self.distribution, Discrete)
            self.distribution.index_of(value)
            return self.warp.to_unit(float(value))
        return self.distribution.to_unit(value)

    def decode(self, coordinate: float) -> Any:
        """Return the value at, or next to, ``coordinate``."""
        if self.positions is not None:
            assert isinstance(self.distribution, Discrete)
            return self.distribution.value_at(int(np.argmin(np.abs(self.positions - coordinate))))
        if self.warp is not None:
            assert isinstance(self.distribution, Discrete)
            return self.distribution.value_at(self.warp.index(coordinate, self.distribution.size))
        return self.distribution.from_unit(coordinate)


@dataclass(frozen=True)
class _Warp:
    """Equally spaced values from ``low`` to ``high``, on a linear or a logarithmic scale."""

    low: float
    high: float
    logarithmic: bool

    def to_unit(self, value: float) -> float:
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def index(self, unit: float, size: int) -> int:
        if self.logarithmic:
            value = self.low * (self.high / self.low) ** unit
        else:
            value = self.low + unit * (self.high - self.low)
        step = (self.high - self.low) / (size - 1)
        return int(min(max(round((value - self.low) / step), 0), size - 1))


def make_column(key: str, distribution: Distribution) -> Column:
    """Return the column of a parameter with at least two values.

    Continuous ones lie at their quantile, which makes a logarithmic distribution logarithmic. Numbers that
    can be counted are an ordered grid, spaced by their logarithms if positive and spread over a factor of 8
    or more. Everything else is categorical.
    """
    if not isinstance(distribution, Discrete) or not distribution.bounded:
        return Column(key, distribution)
    size = distribution.size
    if not isinstance(distribution, Categorical) and size > LARGEST_GRID:
        low, high = float(distribution.value_at(0)), float(distribution.value_at(size - 1))
        return Column(key, distribution, warp=_Warp(low, high, _is_logarithmic(low, high)))
    values = [distribution.value_at(index) for index in range(size)]
    if all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values):
        numbers = np.array(values, dtype=np.float64)
        if _is_logarithmic(numbers.min(), numbers.max()):
            numbers = np.log(numbers)
        return Column(key, distribution, (numbers - numbers.min()) / np.ptp(numbers))
    return Column(key, distribution, np.arange(size, dtype=np.float64), categorical=True)


def _is_logarithmic(low: float, high: float) -> bool:
    return low > 0 and high / low >= LOG_FROM_RATIO
