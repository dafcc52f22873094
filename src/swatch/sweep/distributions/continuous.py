"""The continuous distributions, by their quantile functions."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from swatch.sweep.distributions.base import Distribution, number

# An unbounded quantile function is infinite at 0 and 1; 1e-12 keeps it within 7 standard deviations.
TAIL = 1e-12


class Continuous(Distribution):
    """A distribution of real numbers with a density."""

    @property
    @abstractmethod
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value, as floats; those at the quantiles ``TAIL`` and 1 − ``TAIL``
        where the distribution has no bounds of its own.
        """

    @property
    def bounded(self) -> bool:
        """Whether the user gave the bounds."""
        return True

    def contains(self, value: Any) -> bool:
        """Whether ``value`` is a number within the bounds, up to rounding."""
        real = number(value)
        if real is None:
            return False
        low, high = self.bounds
        slack = 1e-12 * max(abs(low), abs(high))
        return low - slack <= real <= high + slack

    def _checked(self, value: Any) -> float:
        if not self.contains(value):
            raise ValueError(f"{value!r} is not within {self.describe()}")
        low, high = self.bounds
        return min(max(float(value), low), high)


@dataclass(frozen=True)
class Uniform(Continuous):
    """Every number from ``low`` to ``high`` equally likely."""

    low: float
    high: float
    name: str = "uniform"

    @property
    def bounds(self) -> tuple[float, float]:
        """``low`` and ``high``."""
        return self.low, self.high

    def from_unit(self, unit: float) -> float:
        """Return low + unit · (high − low), never outside the bounds."""
        return min(max(self.low * (1 - unit) + self.high * unit, self.low), self.high)

    def to_unit(self, value: Any) -> float:
        """Return where ``value`` lies between the bounds."""
        return (self._checked(value) - self.low) / (self.high - self.low)

    def describe(self) -> str:
        """Return the bounds and the name."""
        return f"{self.low:g} to {self.high:g}, {self.name}"


@dataclass(frozen=True)
class LogUniform(Continuous):
    """A number whose logarithm is uniform from ``log_low`` to ``log_high``.

    W&B has four spellings: ``log_uniform_values`` and ``inv_log_uniform_values`` bound the value itself,
    ``log_uniform`` bounds the exponent of e, ``inv_log_uniform`` that of 1/value. As log(1/x) = −log x,
    the inverse ones draw like the others.
    """

    log_low: float
    log_high: float
    name: str = "log_uniform_values"

    @classmethod
    def of_values(cls, low: float, high: float, name: str = "log_uniform_values") -> LogUniform:
        """Return the distribution between two positive values."""
        return cls(math.log(low), math.log(high), name)

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        return _tidy_exp(self.log_low), _tidy_exp(self.log_high)

    def from_unit(self, unit: float) -> float:
        """Return exp(log_low + unit · (log_high − log_low)); at 0 and 1 exactly the bounds."""
        low, high = self.bounds
        if not 0 < unit < 1:
            return high if unit >= 1 else low
        return min(max(math.exp(self.log_low * (1 - unit) + self.log_high * unit), low), high)

    def to_unit(self, value: Any) -> float:
        """Return where the logarithm of ``value`` lies between the bounds."""
        unit = (math.log(self._checked(value)) - self.log_low) / (self.log_high - self.log_low)
        return min(max(unit, 0.0), 1.0)

    def describe(self) -> str:
        """Return the bounds of the value and the name."""
        low, high = self.bounds
        return f"{low:g} to {high:g}, {self.name}"


def _tidy_exp(log: float) -> float:
    # exp(log(0.1)) is 0.10000000000000002: a bound that the user wrote should come back as written.
    value = math.exp(log)
    short = float(f"{value:.12g}")
    return short if math.isclose(short, value, rel_tol=1e-14) else value


class _Unbounded(Continuous):
    """Continuous without bounds of its own; quantiles are kept off 0 and 1."""

    @property
    def bounded(self) -> bool:
        """False: the distribution has no bounds."""
        return False

    @property
    def bounds(self) -> tuple[float, float]:
        """The values at the quantiles ``TAIL`` and 1 − ``TAIL``."""
        return self.from_unit(TAIL), self.from_unit(1 - TAIL)

    @abstractmethod
    def from_unit(self, unit: float) -> float:
        """Return the value at the quantile ``unit``."""


@dataclass(frozen=True)
class Normal(_Unbounded):
    """The normal distribution with mean ``mu`` and standard deviation ``sigma``."""

    mu: float = 0.0
    sigma: float = 1.0
    name: str = "normal"

    def from_unit(self, unit: float) -> float:
        """Return the normal quantile, within 7 standard deviations."""
        from scipy.special import ndtri

        return self.mu + self.sigma * float(ndtri(min(max(unit, TAIL), 1 - TAIL)))

    def to_unit(self, value: Any) -> float:
        """Return the share of draws below ``value``."""
        from scipy.special import ndtr

        return float(ndtr((self._checked(value) - self.mu) / self.sigma))

    def describe(self) -> str:
        """Return mean, deviation and name."""
        return f"mu {self.mu:g}, sigma {self.sigma:g}, {self.name}"


@dataclass(frozen=True)
class LogNormal(_Unbounded):
    """A positive number whose natural logarithm is normal with ``mu`` and ``sigma``."""

    mu: float = 0.0
    sigma: float = 1.0
    name: str = "log_normal"

    def from_unit(self, unit: float) -> float:
        """Return exp of the normal quantile."""
        return math.exp(Normal(self.mu, self.sigma).from_unit(unit))

    def to_unit(self, value: Any) -> float:
        """Return the share of draws below ``value``."""
        return Normal(self.mu, self.sigma).to_unit(math.log(self._checked(value)))

    def describe(self) -> str:
        """Return the parameters of the logarithm and the name."""
        return f"mu {self.mu:g}, sigma {self.sigma:g}, {self.name}"


@dataclass(frozen=True)
class Beta(Continuous):
    """The beta distribution on [0, 1] with shapes ``a`` and ``b``."""

    a: float = 1.0
    b: float = 1.0
    name: str = "beta"

    @property
    def bounds(self) -> tuple[float, float]:
        """0 and 1."""
        return 0.0, 1.0

    def from_unit(self, unit: float) -> float:
        """Return the inverse of the regularised incomplete beta function."""
        from scipy.special import betaincinv

        return float(betaincinv(self.a, self.b, min(max(unit, 0.0), 1.0)))

    def to_unit(self, value: Any) -> float:
        """Return the share of draws below ``value``."""
        from scipy.special import betainc

        return float(betainc(self.a, self.b, self._checked(value)))

    def describe(self) -> str:
        """Return the shapes and the name."""
        return f"a {self.a:g}, b {self.b:g}, {self.name}"
