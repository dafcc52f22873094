"""What the search believes, for people: where the optimum lies, what matters, what is left to gain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swatch.sweep.records import Point, TrialRecord
from swatch.sweep.search.bayes.acquisition import NegativeMean
from swatch.sweep.search.bayes.columns import FloatArray
from swatch.sweep.search.bayes.maximize import candidates
from swatch.sweep.search.bayes.model import Model, fit_model
from swatch.sweep.search.bayes.proposal import by_improvement
from swatch.sweep.space.search_space import SearchSpace

# Sets these random numbers apart from others made from the sweep's seed.
BELIEF = 6
FEWEST_TRIALS = 4


@dataclass(frozen=True)
class Prediction:
    """What the model expects of a configuration, in the metric's own units and sign."""

    point: Point
    mean: float
    deviation: float | None
    """Of one more training if a trial has this point, None while nobody can say; else of the mean.

    See ``Model.predict_tried`` and ``Model.predict_untried``.
    """
    trial: int | None = None
    """The trial that has this point, if it is one's."""


@dataclass(frozen=True)
class Belief:
    """What a Gaussian process makes of the trials that ended."""

    optimum: Prediction
    """The best configuration in the whole space, tried or not."""
    best_by_mean: Prediction
    """The best of the trials by what the model expects of it: less a matter of luck than the best run."""
    noise: float
    """The deviation of one training about the mean, in the metric's units."""
    importance: dict[str, float]
    """Parameter to its share of 1, in falling order: 1/ℓ² of its length scale, as distances count it."""
    gain: float
    """How much better than ``best_by_mean`` the next trial is expected to be, in the metric's units."""
    trials: int
    """How many trials the model was fitted to."""


def believe(
    space: SearchSpace, trials: Sequence[TrialRecord], *, goal: str = "minimize", seed: int = 0
) -> Belief | None:
    """Return what the model believes after ``trials``, or None while they say too little.

    Args:
        space: What is searched.
        trials: In any state and from any search; those that run are left aside.
        goal: ``"minimize"`` or ``"maximize"``, the direction of the trials' ``objective``.
        seed: The sweep's seed; the answer depends on the arguments alone.

    It takes four trials with results that differ. The fit is the one that proposes points: see
    :func:`swatch.sweep.search.bayes.proposal.propose_by_model`.
    """
    ended = [trial for trial in trials if trial.state.is_over]
    if sum(trial.state.has_result for trial in ended) < FEWEST_TRIALS:
        return None
    model = fit_model(space, ended, goal)
    if model is None:
        return None
    seen = {trial.point_key for trial in ended}
    rng = np.random.default_rng(np.random.SeedSequence([seed, BELIEF, len(ended)]))
    rows, _ = candidates(model.process, model.encoding, NegativeMean(model.process), rng)
    means, numbers = model.process.mean(model.observations.rows), model.observations.numbers
    # What was known before the sweep began has negative numbers, and is not the sweep's to report.
    own = numbers >= 0
    best = int(np.argmin(np.where(own, means, np.inf) if own.any() else means))
    number = int(numbers[best])
    gains = (gain for point, gain in by_improvement(model, seen, rng) if space.point_key(point) not in seen)
    return Belief(
        optimum=_prediction(model, rows[0], goal),
        best_by_mean=_prediction(model, model.observations.rows[best], goal, number if number >= 0 else None),
        noise=math.sqrt(model.process.hyperparameters.noise) * model.observations.spread,
        importance=_importance(model),
        gain=next(gains, 0.0),
        trials=len(model.observations.targets),
    )


def _prediction(model: Model, row: FloatArray, goal: str, trial: int | None = None) -> Prediction:
    point = model.encoding.decode(row)
    # At the point itself: a coordinate between two values of a wide range is none.
    encoded = model.encoding.encode(point)[None, :]
    mean, deviation = (model.predict_untried if trial is None else model.predict_tried)(encoded)
    sign, scale = -1.0 if goal == "maximize" else 1.0, model.observations
    return Prediction(
        point,
        sign * (scale.centre + scale.spread * float(mean[0])),
        None if deviation is None else scale.spread * float(deviation[0]),
        trial,
    )


def _importance(model: Model) -> dict[str, float]:
    weights = 1.0 / model.process.hyperparameters.lengths**2
    shares = weights / weights.sum()
    pairs = zip((column.key for column in model.encoding.columns), shares.tolist(), strict=True)
    return dict(sorted(pairs, key=lambda pair: -pair[1]))
