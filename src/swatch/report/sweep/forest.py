"""A random forest that predicts the objective from the parameters, and its exact averages over boxes.

Each tree is a sum of boxes, so its average over all parameters but one or two follows exactly. The reference
measure is uniform over the tried range (in the axis's own scale) or over the tried choices.

A conditional parameter gets random tried values where it is not in use: so the forest cannot see from it
which branch a trial took, and what the branch does counts for the parameter that chose it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swatch.report.sweep.axes import Axis

Floats = npt.NDArray[np.float64]

_STEPS = 32


@dataclass(frozen=True)
class Measure:
    """Where averages over a parameter are taken."""

    points: Floats
    """Positions on the parameter's axis, ascending."""
    weight: float
    """Of each point; they sum to 1."""


@dataclass(frozen=True)
class Boxes:
    """One tree: its leaves' values, and how much of each parameter's measure their boxes hold."""

    values: Floats
    """(leaves,)"""
    inside: tuple[npt.NDArray[np.bool_], ...]
    """One for each parameter, (leaves, points): whether a leaf's box holds a point."""
    weights: Floats
    """(leaves, parameters)"""

    @property
    def mean(self) -> float:
        """The tree's average over all parameters."""
        return float(self.values @ self.weights.prod(axis=1))

    @property
    def variance(self) -> float:
        """The tree's variance over all parameters."""
        return float((self.values - self.mean) ** 2 @ self.weights.prod(axis=1))

    def marginal(self, parameter: int) -> Floats:
        """Return the average over all other parameters, (points,)."""
        rest = np.delete(self.weights, parameter, axis=1).prod(axis=1)
        return np.asarray((self.values * rest) @ self.inside[parameter], dtype=np.float64)

    def joint(self, first: int, second: int) -> Floats:
        """Return the average over all parameters but two, (points of the first, points of the second)."""
        rest = np.delete(self.weights, [first, second], axis=1).prod(axis=1)
        left = self.inside[first].astype(np.float64).T * (self.values * rest)
        return np.asarray(left @ self.inside[second].astype(np.float64), dtype=np.float64)


def inputs(axes: Sequence[Axis], seed: int) -> Floats:
    """Return the trials' positions, (trials, axes), where every one has a value."""
    rng = np.random.default_rng(seed)
    return np.stack([_filled(np.asarray(axis.positions), rng) for axis in axes], axis=1)


def fit(x: Floats, y: Floats, *, trees: int, seed: int, test: bool = True) -> Any:
    """Return a forest fitted to the objectives; with ``test``, ``oob_score_`` is its R² on unseen trials."""
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(n_estimators=trees, oob_score=test, random_state=seed)
    with warnings.catch_warnings():
        # A handful of trials may be in every tree's sample; the caller warns of few trials in words.
        warnings.simplefilter("ignore", UserWarning)
        return forest.fit(x, y)


def measure(axis: Axis, steps: int = _STEPS, *, to_the_ends: bool = False) -> Measure:
    """Return where averages over an axis are taken: in the middles of equal steps, or from end to end."""
    positions = np.asarray(axis.positions)
    middles = np.linspace(0, 1, steps) if to_the_ends else (np.arange(steps) + 0.5) / steps
    points = np.unique(positions[positions >= 0]) if axis.is_discrete else middles
    return Measure(points, 1.0 / len(points))


def boxes(tree: Any, measures: Sequence[Measure]) -> Boxes:
    """Return a fitted tree (``estimator.tree_``) as boxes."""
    lower, upper, values = _leaf_boxes(tree, len(measures))
    inside = tuple(
        (each.points > lower[:, [index]]) & (each.points <= upper[:, [index]])
        for index, each in enumerate(measures)
    )
    weights = np.stack([hit.sum(axis=1) * m.weight for hit, m in zip(inside, measures, strict=True)], axis=1)
    return Boxes(values, inside, weights)


def _filled(positions: Floats, rng: np.random.Generator) -> Floats:
    active = positions >= 0
    return np.where(active, positions, rng.choice(positions[active], len(positions)))


def _leaf_boxes(tree: Any, features: int) -> tuple[Floats, Floats, Floats]:
    """Return the leaves' open lower and closed upper corners, (leaves, features), and their values."""
    lower = np.full((tree.node_count, features), -np.inf)
    upper = np.full((tree.node_count, features), np.inf)
    # A child's number is larger than its parent's, so one pass from the root reaches every node in order.
    for node in range(tree.node_count):
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            continue
        feature, threshold = tree.feature[node], tree.threshold[node]
        for child in (left, right):
            lower[child], upper[child] = lower[node], upper[node]
        upper[left, feature] = threshold
        lower[right, feature] = threshold
    leaves = tree.children_left < 0
    return lower[leaves], upper[leaves], tree.value[leaves, 0, 0].astype(np.float64)
