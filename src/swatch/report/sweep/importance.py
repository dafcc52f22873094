"""How much of the objective's variance each parameter explains: functional ANOVA over a random forest.

F. Hutter, H. Hoos, K. Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance",
ICML 2014. The forest predicts the objective from the parameters; the averages of its trees over all
parameters but one or two, and the variances of these averages, follow exactly: see :mod:`.forest`.

How sure a share or a difference is comes from the bootstrap: the trials are drawn anew with replacement a
number of times, and the deviation over forests grown on these draws stands behind the ``±``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from swatch.report.sweep.axes import Axis
from swatch.report.sweep.forest import Boxes, Floats, Measure, boxes, fit, inputs, measure

FEWEST = 4
"""Below this many values nothing is computed."""
FEW = 20
"""Below this many values the result is shown with a warning."""
DRAWS = 16
"""How many times the trials are drawn anew."""

_TREES = 128
_TREES_OF_A_DRAW = 20
_GRID = 18
_MOST_PAIRED = 7


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
    deviation: float = 0.0
    """Of the share, over the draws."""
    drawn: tuple[tuple[float, ...], ...] = ()
    """The marginal of each draw's forest, (draws, positions)."""

    def difference(self, first: int, second: int) -> tuple[float, float]:
        """Return how much larger the marginal is at one position than at another, and its deviation."""
        over_draws = [marginal[first] - marginal[second] for marginal in self.drawn]
        deviation = float(np.std(over_draws, ddof=1)) if len(over_draws) > 1 else float("inf")
        return self.marginal[first] - self.marginal[second], deviation


@dataclass(frozen=True)
class Interaction:
    """What two parameters explain together beyond what each explains alone."""

    keys: tuple[str, str]
    share: float
    x: tuple[float, ...]
    y: tuple[float, ...]
    grid: tuple[tuple[float, ...], ...]
    """Predicted objective, (positions of the second parameter, positions of the first)."""


@dataclass(frozen=True)
class Importance:
    """All parameters' main effects, the largest first."""

    parameters: tuple[ParameterImportance, ...]
    together: float
    """What only combinations of parameters explain: one less the sum of the main effects."""
    r2: float | None
    """Out-of-bag R² of the forest: how well it predicts trials that it has not seen; None if unknown."""
    trials: int
    interactions: tuple[Interaction, ...] = ()
    """Of the most important parameters two by two, the strongest first."""

    @property
    def predicts(self) -> bool:
        """Whether the forest says more of unseen trials than their mean does, from enough trials."""
        return self.trials >= FEW and self.r2 is not None and self.r2 >= 0.1


def importance(axes: Sequence[Axis], values: Sequence[float], goal: str, seed: int = 0) -> Importance | None:
    """Return the main effects of the axes on the values, or None where there is nothing to explain.

    Nothing can be explained by fewer than ``FEWEST`` values, by equal values, or without a parameter that
    varies. ``values`` go with the axes' positions, one for each trial.
    """
    axes = [axis for axis in axes if axis.varies]
    y = np.asarray(values, dtype=np.float64)
    if len(y) < FEWEST or not axes or np.ptp(y) == 0:
        return None
    x = inputs(axes, seed)
    forest = fit(x, y, trees=_TREES, seed=seed)
    measures = [measure(axis) for axis in axes]
    marginals, shares = _main_effects(forest, measures)
    if shares.sum() == 0:
        return None
    draws = _draws(x, y, measures, seed)
    pick = np.argmax if goal == "maximize" else np.argmin
    found = []
    for index, axis in enumerate(axes):
        points = measures[index].points
        over_draws = np.array([drawn_shares[index] for _, drawn_shares in draws])
        found.append(
            ParameterImportance(
                key=axis.key,
                share=float(shares[index]),
                positions=tuple(points.tolist()),
                marginal=tuple(marginals[index].tolist()),
                best=axis.label_at(float(points[pick(marginals[index])])),
                is_discrete=axis.is_discrete,
                deviation=float(over_draws.std(ddof=1)) if len(draws) > 1 else 0.0,
                drawn=tuple(tuple(drawn[index].tolist()) for drawn, _ in draws),
            )
        )
    found.sort(key=lambda item: (-item.share, item.key))
    r2 = float(forest.oob_score_)
    return Importance(
        parameters=tuple(found),
        together=max(0.0, 1.0 - float(shares.sum())),
        r2=r2 if np.isfinite(r2) else None,
        trials=len(y),
        interactions=_interactions(forest, axes, [item.key for item in found[:_MOST_PAIRED]]),
    )


def _main_effects(forest: Any, measures: Sequence[Measure]) -> tuple[list[Floats], Floats]:
    """Return each parameter's marginal, averaged over the trees, and its share of the variance."""
    trees = [boxes(estimator.tree_, measures) for estimator in forest.estimators_]
    each = [[tree.marginal(index) for index in range(len(measures))] for tree in trees]
    shares = [
        _shares(tree, marginals, measures)
        for tree, marginals in zip(trees, each, strict=True)
        if not _is_constant(tree)
    ]
    means = [np.mean([marginals[index] for marginals in each], axis=0) for index in range(len(measures))]
    return means, np.mean(shares, axis=0) if shares else np.zeros(len(measures))


def _is_constant(tree: Boxes) -> bool:
    return tree.variance <= 1e-12 * max(1.0, tree.mean**2)


def _shares(tree: Boxes, marginals: Sequence[Floats], measures: Sequence[Measure]) -> list[float]:
    mean, variance = tree.mean, tree.variance
    pairs = zip(marginals, measures, strict=True)
    return [float(((marginal - mean) ** 2).sum()) * each.weight / variance for marginal, each in pairs]


def _draws(x: Floats, y: Floats, measures: Sequence[Measure], seed: int) -> list[tuple[list[Floats], Floats]]:
    rng = np.random.default_rng([seed, DRAWS])
    found = []
    for draw in range(DRAWS):
        rows = rng.integers(len(y), size=len(y))
        if np.ptp(y[rows]) == 0:
            continue
        forest = fit(x[rows], y[rows], trees=_TREES_OF_A_DRAW, seed=draw, test=False)
        found.append(_main_effects(forest, measures))
    return found


def _interactions(forest: Any, axes: Sequence[Axis], keys: Sequence[str]) -> tuple[Interaction, ...]:
    measures = [measure(axis, _GRID, to_the_ends=True) for axis in axes]
    place = {axis.key: index for index, axis in enumerate(axes)}
    trees = [boxes(estimator.tree_, measures) for estimator in forest.estimators_]
    trees = [tree for tree in trees if not _is_constant(tree)]
    alone = {key: [tree.marginal(place[key]) for tree in trees] for key in keys}
    found = []
    for first, second in combinations(keys, 2):
        joints = [tree.joint(place[first], place[second]) for tree in trees]
        share = [
            float(((joint - alone[first][n][:, None] - alone[second][n] + tree.mean) ** 2).mean())
            / tree.variance
            for n, (tree, joint) in enumerate(zip(trees, joints, strict=True))
        ]
        grid = np.mean(joints, axis=0).T
        found.append(
            Interaction(
                keys=(first, second),
                share=float(np.mean(share)),
                x=tuple(measures[place[first]].points.tolist()),
                y=tuple(measures[place[second]].points.tolist()),
                grid=tuple(tuple(row) for row in grid.tolist()),
            )
        )
    return tuple(sorted(found, key=lambda each: -each.share))
