"""What every distribution of a sweep parameter can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class Distribution(ABC):
    """One swept parameter's values and how often random search draws each.

    Everything is said through quantiles: ``from_unit`` is the quantile function, ``to_unit`` its inverse.
    ``from_unit(to_unit(value)) == value`` for every value of a discrete distribution, and up to rounding
    for a continuous one.
    """

    name: str
    """The W&B name of the distribution, such as ``"log_uniform_values"``."""

    @abstractmethod
    def from_unit(self, unit: float) -> Any:
        """Return the value at the quantile ``unit``, in [0, 1]."""

    @abstractmethod
    def to_unit(self, value: Any) -> float:
        """Return a quantile in [0, 1] at which ``value`` lies; raises ValueError if it never occurs."""

    @abstractmethod
    def contains(self, value: Any) -> bool:
        """Whether ``value`` can be drawn."""

    @property
    def size(self) -> int | None:
        """The number of different values, or None if they form a continuum."""
        return None

    @abstractmethod
    def describe(self) -> str:
        """Return the parameter in a few words, such as ``1e-05 to 0.1, log_uniform_values``."""


class Discrete(Distribution):
    """A distribution whose values can be counted."""

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of different values, at least 1."""

    @property
    def bounded(self) -> bool:
        """Whether the values lie between bounds that the user gave, so that a grid makes sense."""
        return True

    @abstractmethod
    def value_at(self, index: int) -> Any:
        """Return value number ``index`` (from 0), in the order in which a grid visits them."""

    @abstractmethod
    def index_of(self, value: Any) -> int:
        """Return the number of ``value``; raises ValueError if it is not one of the values."""

    def contains(self, value: Any) -> bool:
        """Whether ``value`` is one of the values."""
        try:
            self.index_of(value)
        except ValueError:
            return False
        return True


def number(value: Any) -> float | None:
    """Return ``value`` as a float if it is a number and not a truth value, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
