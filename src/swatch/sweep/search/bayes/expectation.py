"""What the model expects of every trial: a ranking that owes less to luck than the trials' own results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swatch.sweep.records import TrialRecord, TrialState
from swatch.sweep.search.bayes.belief import FEWEST_TRIALS
from swatch.sweep.search.bayes.model import fit_model
from swatch.sweep.space.search_space import SearchSpace

ENOUGH_FINISHED = 8
"""With so many trials that were trained to their end, those that were stopped early teach nothing here."""


@dataclass(frozen=True)
class Expectation:
    """What a Gaussian process expects of one trial's configuration, in the metric's own units and sign."""

    trial: int
    mean: float
    deviation: float | None
    """Of one more training; None while the trials are too few to say."""


def expectations(space: SearchSpace, trials: Sequence[TrialRecord], *, goal: str) -> list[Expectation]:
    """Return what the model expects of the trials that ended with a result, the best expectation first.

    The value of a trial that was stopped early is one of a shorter training. That is good enough to search
    by, but it pulls down what is expected of finished trials nearby: with hyperband the best of them fell
    behind mediocre ones without neighbours, and training them again showed that they were better. So stopped
    trials take part only while fewer than ``ENOUGH_FINISHED`` others have ended.

    Args:
        space: What was searched.
        trials: In any state and from any search; those with negative numbers, known before the sweep began,
            teach the model and are not in the answer.
        goal: ``"minimize"`` or ``"maximize"``, the direction of the trials' ``objective``.

    Returns:
        Nothing while the trials say too little (fewer than four results, or none that differ). Of more than
        500 trials those that the model was fitted to, which are the better half and a sample of the others.
    """
    ended = [trial for trial in trials if trial.state.is_over]
    if sum(trial.state is TrialState.FINISHED for trial in ended) >= ENOUGH_FINISHED:
        ended = [trial for trial in ended if trial.state is not TrialState.STOPPED]
    with_result = {trial.number for trial in ended if trial.state.has_result}
    model = fit_model(space, ended, goal) if len(with_result) >= FEWEST_TRIALS else None
    if model is None:
        return []
    sign, scale = -1.0 if goal == "maximize" else 1.0, model.observations
    means, deviations = model.predict_tried(scale.rows)
    order = np.argsort(means, kind="stable")
    spreads = [None] * len(order) if deviations is None else (scale.spread * deviations[order]).tolist()
    columns = (scale.numbers[order].tolist(), means[order].tolist(), spreads)
    return [
        Expectation(number, sign * (scale.centre + scale.spread * mean), spread)
        for number, mean, spread in zip(*columns, strict=True)
        if number >= 0 and number in with_result
    ]
