"""How much of the objective's variance each parameter explains: functional ANOVA over a random forest.

F. Hutter, H. Hoos, K. Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance",
ICML 2014. The forest predicts the objective from the parameters; each tree is a sum of boxes, so its
marginal over one parameter, and the variance of that marginal, follow exactly. The reference measure is
uniform over the tried range (in the axis's own scale) or over the tried choices.

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

from swatch.report.axes import Axis

Floats = npt.NDArray[np.float64]

FEWEST = 4
"""Below this many values nothing is computed."""
FEW = 20
"""Below this many values the result is shown with a warning."""

_TREES = 128
_STEPS = 32


@dataclass(frozen=True)
class ParameterImportance:
    """One parameter's main effect."""

    key: str
    share: float
    """Fraction of the variance of the forest's prediction that this parameter explains alone, 0 to 1."""
    positions: tuple[float, ...]
    """Where the marginal was taken, on the parameter's axis."""
    marginal: tuple[float, ...]
    """Predicted objective there, averaged over all other parameters."""
    best: str
    """The label of the best position."""
    is_discrete: bool


@dataclass(frozen=True)
class Importance:
    """All parameters' main effects, the largest first."""

    parameters: tuple[ParameterImportance, ...]
    together: float
    """What only combinations of parameters explain: one less the sum of the main effects."""
    r2: float | None
    """Out-of-bag R² of the forest: how well it predicts trials that a tree has not seen; None if unknown."""
    trials: int


def importance(axes: Sequence[Axis], values: Sequence[float], goal: str, seed: int = 0) -> Importance | None:
    """Return the main effects of the axes on the values, or None where there is nothing to explain.

    Nothing can be explained by fewer than ``FEWEST`` values, by equal values, or without a parameter that
    varies. ``values`` go with the axes' positions, one for each trial.
    """
    axes = [axis for axis in axes if axis.varies]
    y = np.asarray(values, dtype=np.float64)
    if len(y) < FEWEST or not axes or np.ptp(y) == 0:
        return None
    rng = np.random.default_rng(seed)
    x = np.stack([_filled(np.asarray(axis.positions), rng) for axis in axes], axis=1)
    forest = _fit(x, y, seed)
    measures = [_measure(axis) for axis in axes]
    shares: list[Floats] = []
    marginals: list[list[Floats]] = []
    for estimator in forest.estimators_:
        share, marginal = _decompose(estimator.tree_, measures)
        marginals.append(marginal)
        if share is not None:
            shares.append(share)
    if not shares:
        return None
    mean_shares = np.mean(shares, axis=0)
    pick = np.argmax if goal == "maximize" else np.argmin
    found = []
    for index, axis in enumerate(axes):
        positions, _ = measures[index]
        marginal_mean = np.mean([marginal[index] for marginal in marginals], axis=0)
        found.append(
            ParameterImportance(
                key=axis.key,
                share=float(mean_shares[index]),
                positions=tuple(positions.tolist()),
                marginal=tuple(marginal_mean.tolist()),
                best=axis.label_at(float(positions[pick(marginal_mean)])),
                is_discrete=axis.is_discrete,
            )
        )
    found.sort(key=lambda item: (-item.share, item.key))
    r2 = float(forest.oob_score_)
    return Importance(
        parameters=tuple(found),
        together=max(0.0, 1.0 - float(mean_shares.sum())),
        r2=r2 if np.isfinite(r2) else None,
        trials=len(y),
    )


def _fit(x: Floats, y: Floats, seed: int) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(n_estimators=_TREES, oob_score=True, random_state=seed)
    with warnings.catch_warnings():
        # A handful of trials may be in every tree's sample; the caller warns of few trials in words.
        warnings.simplefilter("ignore", UserWarning)
        return forest.fit(x, y)


def _filled(positions: Floats, rng: np.random.Generator) -> Floats:
    active = positions >= 0
    return np.where(active, positions, rng.choice(positions[active], len(positions)))


def _measure(axis: Axis) -> tuple[Floats, Floats]:
    """Return an axis's reference measure as positions and their weights (sum 1)."""
    positions = np.asarray(axis.positions)
    middles = (np.arange(_STEPS) + 0.5) / _STEPS
    points = np.unique(positions[positions >= 0]) if axis.is_discrete else middles
    return points, np.full(len(points), 1.0 / len(points))


def _decompose(tree: Any, measures: Sequence[tuple[Floats, Floats]]) -> tuple[Floats | None, list[Floats]]:
    """Return each parameter's share of one tree's variance (None for a constant tree) and its marginals."""
    lower, upper, predictions = _leaf_boxes(tree, len(measures))
    inside = [
        (points > lower[:, [index]]) & (points <= upper[:, [index]])
        for index, (points, _) in enumerate(measures)
    ]
    # weights[leaf, parameter]: how much of the parameter's range the leaf's box covers
    weights = np.stack([hit @ weight for hit, (_, weight) in zip(inside, measures, strict=True)], axis=1)
    volumes = weights.prod(axis=1)
    mean = float(predictions @ volumes)
    variance = float((predictions - mean) ** 2 @ volumes)
    marginals = [
        (predictions * np.delete(weights, index, axis=1).prod(axis=1)) @ hit
        for index, hit in enumerate(inside)
    ]
    if variance <= 1e-12 * max(1.0, mean * mean):
        return None, marginals
    effects = [
        float((marginal - mean) ** 2 @ weight)
        for marginal, (_, weight) in zip(marginals, measures, strict=True)
    ]
    return np.array(effects) / variance, marginals


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
