"""What random search would have reached: the expected best value after each number of trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from swatch.report.ranking import value_of
from swatch.report.sweep.axes import Axis, build_axes
from swatch.report.sweep.forest import Floats, fit, inputs
from swatch.report.sweep.importance import FEW
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState
from swatch.sweep.search.bayes.initial import FEWEST_INITIAL, initial_count

_SAMPLES = 2000
_TREES = 64
# Below this share of the variance predicted, the forest's errors decide what the best of many points is.
_FEWEST_R2 = 0.5
# How many trials on either side count as similar to a prediction.
_NEAR = 4
_BLIND = ("random", "grid")


Source = Literal["trials", "forest", "start"]


@dataclass(frozen=True)
class Baseline:
    """The best value so far of a random search, after 1, 2, ... trials."""

    expected: tuple[float, ...]
    low: tuple[float, ...]
    """Nine of ten random searches are at least as far from the lower end as this."""
    high: tuple[float, ...]
    source: Source
    """The sweep's own trials, as they were drawn at random; a model of them; or those that it began with."""

    @property
    def method(self) -> str:
        """How it was computed and what that is worth, in a sentence or two."""
        band = "The band holds eight of ten random searches."
        if self.source == "start":
            return (
                "The dashed line is what random search would reach if no point were better than the best of "
                "the trials that this sweep began with, which were spread evenly over the space: a lower "
                f"bound, but one without the search's own liking for good regions. {band}"
            )
        if self.source == "trials":
            return (
                "The dashed line is the mean over all orders in which the sweep's own trials could have "
                f"come, as they were not chosen by their results. {band}"
            )
        return (
            "The dashed line is what random search is expected to reach, computed by a random forest fitted "
            f"to these trials and asked about {_SAMPLES:,} random points of the tried ranges, with its "
            f"errors on similar unseen trials added. {band} The forest knows little of regions that the "
            "search avoided, and hardly expects more than the best trial: read the line as a rough guide."
        )


def baseline(sweep: SweepRecord, trials: Sequence[TrialRecord]) -> Baseline | None:
    """Return the baseline for as many trials as the sweep has, or None where the trials do not carry one.

    ``trials`` are in order of number. Random and grid searches give it themselves, from two results on. A
    Bayesian search has the trials that it began with, which its results had not chosen. Of others it takes
    ``FEW`` results that a forest can predict.
    """
    values = [value for trial in trials if (value := value_of(trial)) is not None]
    if len(values) < 2 or min(values) == max(values):
        return None
    if sweep.method in _BLIND:
        ended = [trial for trial in trials if trial.state.is_over or value_of(trial) is not None]
        return _running(_with_failures(ended, sweep.goal), sweep.goal, len(ended), "trials")
    if len(values) < FEW:
        return None
    if sweep.method == "bayes":
        begun = [trial for trial in trials[: initial_count(sweep.count)] if trial.state.is_over]
        if sum(value_of(trial) is not None for trial in begun) < FEWEST_INITIAL:
            return None
        return _running(_with_failures(begun, sweep.goal), sweep.goal, len(trials), "start")
    drawn = _by_forest(sweep, trials)
    return None if drawn is None else _running(drawn, sweep.goal, len(trials), "forest")


def expected_best(values: Floats, count: int, *, again: bool) -> tuple[Floats, Floats, Floats]:
    """Return the mean, the 10 % and the 90 % quantile of the largest of 1, 2, ... ``count`` drawn values.

    The values are drawn with replacement if ``again``, else without, when ``count`` is at most their number.
    """
    from scipy.special import gammaln

    ordered = np.sort(values)
    ranks = np.arange(1, len(ordered) + 1, dtype=np.float64)
    means, lows, highs = [], [], []
    for drawn in range(1, count + 1):
        # Probability that the largest is at most each value: the ranks' share to the power, or a ratio of
        # binomial coefficients.
        if again:
            below = (ranks / len(ordered)) ** drawn
        else:
            enough = ranks >= drawn
            logs = gammaln(ranks + 1) - gammaln(np.where(enough, ranks - drawn, 0) + 1)
            below = np.where(enough, np.exp(logs - logs[-1]), 0.0)
        means.append(float(np.diff(below, prepend=0.0) @ ordered))
        lows.append(float(ordered[np.searchsorted(below, 0.1 - 1e-12)]))
        highs.append(float(ordered[np.searchsorted(below, 0.9 - 1e-12)]))
    return np.array(means), np.array(lows), np.array(highs)


def _running(values: Sequence[float] | Floats, goal: str, count: int, source: Source) -> Baseline:
    sign, again = 1.0 if goal == "maximize" else -1.0, source != "trials"
    mean, low, high = (sign * line for line in expected_best(sign * np.asarray(values), count, again=again))
    if goal != "maximize":
        low, high = high, low
    return Baseline(tuple(mean.tolist()), tuple(low.tolist()), tuple(high.tolist()), source)


def _with_failures(trials: Sequence[TrialRecord], goal: str) -> list[float]:
    """Return the objectives; a trial without one counts as the worst."""
    known = [value for trial in trials if (value := value_of(trial)) is not None]
    worst = min(known) if goal == "maximize" else max(known)
    return [worst if (value := value_of(trial)) is None else value for trial in trials]


def _by_forest(sweep: SweepRecord, trials: Sequence[TrialRecord]) -> Floats | None:
    known = [trial for trial in trials if value_of(trial) is not None or trial.state is TrialState.FAILED]
    axes = [axis for axis in build_axes(sweep.parameters, known) if axis.varies]
    if len(known) < FEW or not axes:
        return None
    y = np.array(_with_failures(known, sweep.goal))
    forest = fit(inputs(axes, 0), y, trees=_TREES, seed=0)
    if not forest.oob_score_ >= _FEWEST_R2:
        return None
    rng = np.random.default_rng(0)
    points = np.stack([_random_positions(axis, rng) for axis in axes], axis=1)
    unseen = np.isfinite(forest.oob_prediction_)
    predicted = np.asarray(forest.predict(points), dtype=np.float64)
    drawn = predicted + _errors(forest.oob_prediction_[unseen], y[unseen], predicted, rng)
    # No trial says what lies beyond the best and the worst of them.
    return np.clip(drawn, y.min(), y.max())


def _errors(expected: Floats, found: Floats, predicted: Floats, rng: np.random.Generator) -> Floats:
    """Return an error for each prediction, drawn from trials of which as much was expected.

    Good configurations resemble one another more than bad ones do; with errors of the bad ones they would
    look better than any that there is.
    """
    order = np.argsort(expected, kind="stable")
    places = np.searchsorted(expected[order], predicted) + rng.integers(-_NEAR, _NEAR, len(predicted))
    nearby = order[np.clip(places, 0, len(order) - 1)]
    errors: Floats = found[nearby] - expected[nearby]
    return errors


def _random_positions(axis: Axis, rng: np.random.Generator) -> Floats:
    if axis.is_discrete:
        return rng.choice([position for position in sorted(set(axis.positions)) if position >= 0], _SAMPLES)
    return rng.random(_SAMPLES)
