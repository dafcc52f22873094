"""Points of a search space as rows of coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from swatch.sweep.distributions import Discrete
from swatch.sweep.records import Point
from swatch.sweep.search.bayes.columns import Column, FloatArray, make_column
from swatch.sweep.space.search_space import SearchSpace

BoolArray = npt.NDArray[np.bool_]


class Encoding:
    """Rows of one coordinate for each searched parameter; parameters with a single value have none."""

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        # The parameters with a single value.
        self.fixed = {
            key: dist.value_at(0)
            for key, dist in space.swept.items()
            if isinstance(dist, Discrete) and dist.size == 1
        }
        self.columns = [make_column(key, space.swept[key]) for key in space.order if key not in self.fixed]

    @cached_property
    def categorical(self) -> BoolArray:
        """Which columns are categorical."""
        return np.array([column.categorical for column in self.columns], dtype=bool)

    @cached_property
    def continuous(self) -> BoolArray:
        """Which columns may take any coordinate in [0, 1]."""
        return np.array([column.positions is None for column in self.columns], dtype=bool)

    def encode(self, point: Mapping[str, Any]) -> FloatArray:
        """Return the row of ``point``; raises ValueError if it lies outside the space."""
        if not self.space.contains(point):
            raise ValueError(f"{point} lies outside the space")
        return np.array(
            [
                column.encode(point[column.key]) if column.key in point else column.inactive
                for column in self.columns
            ]
        )

    def decode(self, row: Sequence[float] | FloatArray) -> Point:
        """Return the point of a row: the nearest value of each active parameter."""
        values = {
            column.key: column.decode(float(at))
            for column, at in zip(self.columns, row, strict=True)
            # An inactive category's coordinate has no value, and restrict drops the key anyway.
            if not (column.categorical and at < 0)
        }
        active = {key: values.get(key, self.fixed.get(key)) for key in self.space.swept}
        return self.space.restrict(active)

    def sample(self, count: int, rng: np.random.Generator) -> FloatArray:
        """Return ``count`` random rows: uniform coordinates, and every value of a grid equally likely."""
        rows = np.empty((count, len(self.columns)))
        for index, column in enumerate(self.columns):
            rows[:, index] = self.sample_column(column, count, rng)
        return self.mask(rows)

    def sample_column(self, column: Column, count: int, rng: np.random.Generator) -> FloatArray:
        """Return ``count`` random coordinates of one column."""
        if column.positions is None:
            return rng.random(count)
        return rng.choice(column.positions, count)

    def mask(self, rows: FloatArray) -> FloatArray:
        """Set the coordinates of inactive parameters in ``rows`` to what stands for that; return ``rows``."""
        active = self._activity(rows)
        for index, column in enumerate(self.columns):
            if column.key in self.space.conditions:
                rows[~active[:, index], index] = column.inactive
        return rows

    def active(self, row: FloatArray) -> BoolArray:
        """Return which coordinates of one row belong to active parameters, (d,)."""
        active: BoolArray = self._activity(row[None, :])[0]
        return active

    def neighbours(self, row: FloatArray) -> FloatArray:
        """Return every row that differs from ``row`` in one active grid parameter, (m, d).

        Where the change makes other parameters active, these start in the middle of their range.
        """
        active, found = self.active(row), []
        for index, column in enumerate(self.columns):
            if column.positions is None or not active[index]:
                continue
            for position in column.positions[column.positions != row[index]]:
                changed = row.copy()
                changed[index] = position
                found.append(changed)
        return self.complete(np.array(found).reshape(-1, len(self.columns)))

    def complete(self, rows: FloatArray) -> FloatArray:
        """Give parameters that a change of ``rows`` made active the value in the middle; return ``rows``."""
        for index, column in enumerate(self.columns):
            if column.key in self.space.conditions and column.positions is not None:
                middle = column.positions[np.abs(column.positions - 0.5).argmin()]
                strange = ~np.isin(rows[:, index], column.positions)
                rows[strange, index] = middle
        return self.mask(rows)

    def _activity(self, rows: FloatArray) -> BoolArray:
        """Return which coordinates belong to active parameters."""
        place = {column.key: index for index, column in enumerate(self.columns)}
        active = np.ones(rows.shape, dtype=bool)
        # Columns stand in an order in which groups come before what depends on them.
        for index, column in enumerate(self.columns):
            for group, choices in self.space.conditions.get(column.key, {}).items():
                if group in place:
                    allowed = self._positions_of(self.columns[place[group]], choices)
                    active[:, index] &= active[:, place[group]] & np.isin(rows[:, place[group]], allowed)
                else:
                    fixed = self.fixed | self.space.constants
                    active[:, index] &= fixed.get(group) in choices and self.space.is_active(group, fixed)
        return active

    @staticmethod
    def _positions_of(column: Column, choices: frozenset[str]) -> list[float]:
        return [column.encode(choice) for choice in choices if column.distribution.contains(choice)]
