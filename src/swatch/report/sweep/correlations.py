"""How a value goes along with each parameter by itself: rank correlations, and the means of groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swatch.report.sweep.axes import INACTIVE, Axis
from swatch.report.sweep.forest import Floats

FEWEST = 5
"""Below this many trials that use a parameter, nothing is said of it."""
_SURE = 1.96


@dataclass(frozen=True)
class Group:
    """The trials that share a choice."""

    label: str
    count: int
    mean: float
    error: float | None
    """Standard error of the mean; None for a single trial."""


@dataclass(frozen=True)
class Correlation:
    """What one parameter has to do with a value, all others left as they happened to be."""

    key: str
    coefficient: float | None
    """Spearman's rank correlation, -1 to 1, of a parameter whose values are numbers; else None."""
    low: float | None
    """The lower end of its 95 % interval."""
    high: float | None
    groups: tuple[Group, ...]
    """Of a parameter whose values are not numbers, in the order of its choices."""

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def correlations(axes: Sequence[Axis], values: Sequence[float | None]) -> list[Correlation]:
    """Return what each axis that varies has to do with the values, the strongest rank correlations first.

    ``values`` go with the axes' positions; trials with None are left out. The interval is Fisher's, with the
    variance of Bonett and Wright ("Sample size requirements for estimating Pearson, Kendall and Spearman
    correlations", 2000).
    """
    known = np.array([value is not None for value in values], dtype=bool)
    y = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    found = []
    for axis in axes:
        positions = np.asarray(axis.positions, dtype=np.float64)
        used = known & (positions >= 0)
        if axis.is_ordered and used.sum() >= FEWEST and len(np.unique(positions[used])) > 1:
            found.append(_ranked(axis.key, positions[used], y[used]))
        elif not axis.is_ordered and axis.varies and known.sum() >= FEWEST:
            found.append(Correlation(axis.key, None, None, None, _groups(axis, positions[known], y[known])))
    return sorted(found, key=lambda each: -abs(each.coefficient or 0.0))


def _ranked(key: str, x: Floats, y: Floats) -> Correlation:
    from scipy.stats import rankdata

    if np.ptp(y) == 0:
        return Correlation(key, 0.0, None, None, ())
    coefficient = float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])
    if len(x) < 4 or abs(coefficient) >= 1:
        return Correlation(key, coefficient, coefficient, coefficient, ())
    error = math.sqrt((1 + coefficient**2 / 2) / (len(x) - 3))
    middle = math.atanh(coefficient)
    low, high = math.tanh(middle - _SURE * error), math.tanh(middle + _SURE * error)
    return Correlation(key, coefficient, low, high, ())


def _groups(axis: Axis, positions: Floats, y: Floats) -> tuple[Group, ...]:
    labels = dict(axis.ticks)
    found = []
    for position in sorted(set(positions.tolist())):
        values = y[positions == position]
        error = float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None
        label = INACTIVE if position < 0 else labels.get(position, axis.label_at(position))
        found.append(Group(label, len(values), float(values.mean()), error))
    return tuple(found)
