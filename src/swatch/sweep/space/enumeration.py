"""Every point of a finite search space, by number."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, product
from math import prod
from typing import Any, NamedTuple, TypeGuard

from swatch.sweep.distributions import Discrete, Distribution
from swatch.sweep.records import Point


class _Block(NamedTuple):
    """The points in which the keys that others depend on have given values."""

    deciding: dict[str, Any]
    free: tuple[str, ...]
    """The other active keys; the last varies fastest."""


class Enumeration:
    """Numbers the points of a space from 0: without conditions as nested loops in the user's order would.

    Keys on which others depend are the outer loops. An inactive key is no part of a point, so that no point
    comes twice.
    """

    def __init__(
        self,
        swept: Mapping[str, Discrete],
        deciding: Sequence[str],
        is_active: Callable[[str, Mapping[str, Any]], bool],
    ) -> None:
        """Lay out the blocks.

        Args:
            swept: the distributions, in the user's order.
            deciding: the keys on which others depend, each after those that it depends on itself.
            is_active: whether a key counts where the deciding ones have these values.
        """
        self._distributions, self._is_active = dict(swept), is_active
        self._blocks = list(self._make_blocks(deciding))
        self._ends = list(accumulate(prod(self._sizes(block.free)) for block in self._blocks))

    @staticmethod
    def possible(swept: Mapping[str, Distribution]) -> TypeGuard[Mapping[str, Discrete]]:
        """Whether the points can be counted: every parameter is discrete and has bounds."""
        return all(isinstance(dist, Discrete) and dist.bounded for dist in swept.values())

    @property
    def size(self) -> int:
        """The exact number of points."""
        return self._ends[-1]

    def point_at(self, number: int) -> Point:
        """Return point ``number``, from 0; raises IndexError at the end."""
        if not 0 <= number < self.size:
            raise IndexError(f"there are {self.size} points, and {number} is none of them")
        index = bisect_right(self._ends, number)
        block = self._blocks[index]
        rest = number - (self._ends[index - 1] if index else 0)
        values = dict(block.deciding)
        for key, size in zip(reversed(block.free), reversed(self._sizes(block.free)), strict=True):
            rest, position = divmod(rest, size)
            values[key] = self._distributions[key].value_at(position)
        return {key: values[key] for key in self._distributions if key in values}

    def _sizes(self, keys: Sequence[str]) -> list[int]:
        return [self._distributions[key].size for key in keys]

    def _make_blocks(self, deciding: Sequence[str]) -> list[_Block]:
        blocks = []
        for positions in product(*(range(size) for size in self._sizes(deciding))):
            values = {
                key: self._distributions[key].value_at(position)
                for key, position in zip(deciding, positions, strict=True)
            }
            active = {key: value for key, value in values.items() if self._is_active(key, values)}
            # An inactive key must not multiply the points: only its first value stands for all.
            if any(position for key, position in zip(deciding, positions, strict=True) if key not in active):
                continue
            others = [key for key in self._distributions if key not in values]
            free = tuple(key for key in others if self._is_active(key, values))
            blocks.append(_Block(active, free))
        return blocks
