"""Random search: a fixed sequence of different points, one for each trial number."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache

import numpy as np

from swatch.sweep.records import Point
from swatch.sweep.search.signals import EXHAUSTED, Proposal
from swatch.sweep.space.search_space import SearchSpace

# Sets this sequence apart from others made from the sweep's seed.
RANDOM_SEARCH = 1
# So many repetitions in a row say that drawing finds hardly anything new.
MOST_REPETITIONS = 1000


class DistinctDraws:
    """The different points of an endless sequence of draws from a space, in the order drawn.

    When a finite space is nearly used up, drawing would take ever longer: what is left then follows in
    grid order.
    """

    def __init__(self, space: SearchSpace, draws: Iterator[Point]) -> None:
        self._space = space
        self._draws = draws
        self._points: dict[str, Point] = {}
        self._keys: list[str] = []
        self._drawing = True
        self._swept_up_to = 0

    def propose(self, seen: AbstractSet[str], number: int) -> Proposal:
        """Return distinct draw ``number``.

        Trials from elsewhere may hold that point already; then the next unseen draw follows, or at the end
        of a finite space the first.
        """
        for indices in (itertools.count(number), range(number)):
            for index in indices:
                found = self._get(index)
                if found is None:
                    break
                key, point = found
                if key not in seen:
                    return dict(point)
        return EXHAUSTED

    def _get(self, index: int) -> tuple[str, Point] | None:
        """Return key and point number ``index``, from 0; None if there are not so many."""
        while len(self._keys) <= index:
            if not (self._drawing and self._draw()) and not self._sweep_up():
                return None
        key = self._keys[index]
        return key, self._points[key]

    def _draw(self) -> bool:
        if self._space.size != len(self._keys):
            for point in itertools.islice(self._draws, MOST_REPETITIONS):
                if self._add(point):
                    return True
        self._drawing = False
        return False

    def _sweep_up(self) -> bool:
        grid = self._space.enumeration
        while grid is not None and self._swept_up_to < grid.size:
            self._swept_up_to += 1
            if self._add(grid.point_at(self._swept_up_to - 1)):
                return True
        return False

    def _add(self, point: Point) -> bool:
        key = self._space.point_key(point)
        if key in self._points:
            return False
        self._points[key] = point
        self._keys.append(key)
        return True


# The sequence is the same however often it is made; keeping it saves a long sweep from drawing it anew.
@lru_cache(maxsize=4)
def _random_draws(space: SearchSpace, seed: int) -> DistinctDraws:
    rng = np.random.default_rng(np.random.SeedSequence([seed, RANDOM_SEARCH]))
    return DistinctDraws(space, (space.sample(rng) for _ in itertools.count()))


def propose_at_random(space: SearchSpace, seen: AbstractSet[str], number: int, seed: int) -> Proposal:
    """Return number ``number`` of the space's different random points; see :class:`DistinctDraws`."""
    return _random_draws(space, seed).propose(seen, number)
