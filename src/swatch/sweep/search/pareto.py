"""Several objectives at once: which trials no other one beats, and one number out of many for the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from swatch.sweep.config.metric import Metric
from swatch.sweep.records import TrialRecord, finite
from swatch.sweep.search.losses import FloatArray

# Sets these random numbers apart from others made from the sweep's seed.
SCALARISATION = 7
# Small enough to let the worst objective decide, large enough to tell ties apart.
AUGMENTATION = 0.05


def values_of(trial: TrialRecord, metrics: Sequence[Metric]) -> tuple[float, ...] | None:
    """Return a trial's objectives in the order of ``metrics``; None while it has none.

    They are those of the last epoch that logged them all as finite numbers: the best epochs of different
    metrics are different models, and no one can have them together.
    """
    for record in reversed(trial.history):
        found = [finite(record.get(metric.name)) for metric in metrics]
        values = tuple(value for value in found if value is not None)
        if len(values) == len(metrics):
            return values
    return None


def pareto_front(trials: Sequence[TrialRecord], metrics: Sequence[Metric]) -> list[TrialRecord]:
    """Return the trials with results that no other one beats, by number.

    One beats another if it is at least as good in every metric and better in one. Trials with equal values
    stand side by side. ``trials`` need their histories.
    """
    known = [(trial, v) for trial in trials if trial.state.has_result and (v := values_of(trial, metrics))]
    if not known:
        return []
    losses = _losses([values for _, values in known], metrics)
    front = []
    for (trial, _), own in zip(known, losses, strict=True):
        beaten = (losses <= own).all(axis=1) & (losses < own).any(axis=1)
        if not beaten.any():
            front.append(trial)
    return sorted(front, key=lambda trial: trial.number)


def scalarised(
    trials: Sequence[TrialRecord], metrics: Sequence[Metric], *, seed: int, number: int
) -> list[TrialRecord]:
    """Return the trials with one objective, to minimise, that stands for all metrics in trial ``number``.

    The metrics are scaled to [0, 1] over the trials with results and joined by the augmented Chebyshev
    function with random weights, which ``seed`` and ``number`` decide: over many trials all of the front is
    looked for. A trial that ended without results keeps none, and so counts as the worst.

    Source: Knowles, "ParEGO: A Hybrid Algorithm With On-Line Landscape Approximation for Expensive
    Multiobjective Optimization Problems", 2006.
    """
    values = {trial.number: v for trial in trials if (v := values_of(trial, metrics)) is not None}
    if not values:
        return [replace(trial, objective=None) for trial in trials]
    losses = _losses(list(values.values()), metrics)
    low, spread = losses.min(axis=0), np.ptp(losses, axis=0)
    scaled = (losses - low) / np.where(spread > 0, spread, 1.0)
    rng = np.random.default_rng(np.random.SeedSequence([seed, SCALARISATION, number]))
    weighted = scaled * rng.dirichlet(np.ones(len(metrics)))
    joined = weighted.max(axis=1) + AUGMENTATION * weighted.sum(axis=1)
    objectives = dict(zip(values, joined.tolist(), strict=True))
    return [replace(trial, objective=objectives.get(trial.number)) for trial in trials]


def _losses(values: Sequence[tuple[float, ...]], metrics: Sequence[Metric]) -> FloatArray:
    signs = [-1.0 if metric.goal == "maximize" else 1.0 for metric in metrics]
    losses: FloatArray = np.array(values) * np.array(signs)
    return losses
