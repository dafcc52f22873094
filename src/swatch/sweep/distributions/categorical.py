"""A list of values, and the single value."""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

from swatch.sweep.distributions.base import Discrete


def canonical(value: Any) -> str:
    """Return a text that two values share exactly if they mean the same: 1 and 1.0 do, 1, true and "1" don't.

    Mappings are compared without regard to the order of their keys.
    """
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int | float):
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        # repr keeps every bit of a float; whole floats meet the integers.
        return str(int(value)) if value == int(value) else repr(float(value))
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, dict):
        pairs = sorted((json.dumps(str(key)), canonical(item)) for key, item in value.items())
        return "{" + ",".join(f"{key}:{item}" for key, item in pairs) + "}"
    raise TypeError(f"a sweep value cannot be a {type(value).__name__}: {value!r}")


@dataclass(frozen=True)
class Categorical(Discrete):
    """One of ``values``, equally likely or by ``probabilities``.

    ``values`` holds no value twice (see :func:`canonical`), and none with probability 0.
    """

    values: Sequence[Any]
    probabilities: Sequence[float] | None = None
    name: str = "categorical"

    @property
    def size(self) -> int:
        """The number of values."""
        return len(self.values)

    @cached_property
    def _edges(self) -> list[float]:
        """The upper end of each value's share of [0, 1]."""
        weights = self.probabilities or [1.0] * self.size
        total = math.fsum(weights)
        return [edge / total for edge in accumulate(weights)]

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {canonical(value): index for index, value in enumerate(self.values)}

    def value_at(self, index: int) -> Any:
        """Return value number ``index`` as the user listed them."""
        return self.values[index]

    def index_of(self, value: Any) -> int:
        """Return where ``value`` stands in the list."""
        try:
            return self._indices[canonical(value)]
        except (KeyError, TypeError):
            raise ValueError(f"{value!r} is not one of {self.describe()}") from None

    def from_unit(self, unit: float) -> Any:
        """Return the value whose share of [0, 1] holds ``unit``."""
        return self.values[min(bisect_right(self._edges, unit), self.size - 1)]

    def to_unit(self, value: Any) -> float:
        """Return the middle of the value's share of [0, 1]."""
        index = self.index_of(value)
        return (self._edges[index] + (self._edges[index - 1] if index else 0.0)) / 2

    def describe(self) -> str:
        """Return the values as the user would write them."""
        return ", ".join(json.dumps(value, ensure_ascii=False) for value in self.values)


@dataclass(frozen=True)
class Constant(Discrete):
    """Always the same value."""

    value: Any
    name: str = "constant"

    @property
    def size(self) -> int:
        """1."""
        return 1

    def value_at(self, index: int) -> Any:
        """Return the value."""
        return self.value

    def index_of(self, value: Any) -> int:
        """Return 0 for the value."""
        if canonical(value) != canonical(self.value):
            raise ValueError(f"{value!r} is not the constant {self.describe()}")
        return 0

    def from_unit(self, unit: float) -> Any:
        """Return the value."""
        return self.value

    def to_unit(self, value: Any) -> float:
        """Return 0.5."""
        self.index_of(value)
        return 0.5

    def describe(self) -> str:
        """Return the value as the user would write it."""
        return json.dumps(self.value, ensure_ascii=False)
