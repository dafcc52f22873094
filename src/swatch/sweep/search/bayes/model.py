"""The model of a sweep's objective: a Gaussian process fitted to the trials that ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from swatch.sweep.records import TrialRecord
from swatch.sweep.search.bayes.columns import FloatArray
from swatch.sweep.search.bayes.encoding import Encoding
from swatch.sweep.search.bayes.fit import fit
from swatch.sweep.search.bayes.gaussian_process import GaussianProcess, Hyperparameters
from swatch.sweep.search.bayes.observations import Observations, observe
from swatch.sweep.space.search_space import SearchSpace

# What a model that may be too sure of itself is changed by.
SHORTER, QUIETER = 0.5, 0.1
# With less noise than this, rows that nearly coincide could not be told from a singular matrix.
LEAST_NOISE = 1e-6
ENOUGH_TRIALS = 40
"""From so many on, what the model takes for chance is about right; see docs/search.md."""

encoding_of = lru_cache(maxsize=4)(Encoding)
"""The encoding of a space; making one takes long enough to keep it."""


@dataclass(frozen=True)
class Model:
    """A Gaussian process with what it was fitted to."""

    encoding: Encoding
    observations: Observations
    process: GaussianProcess
    best: float
    """The lowest posterior mean at any observed point: the observed minimum itself would be mostly luck."""

    def predict_tried(self, rows: FloatArray) -> tuple[FloatArray, FloatArray | None]:
        """Return mean and deviation of one more training of what was tried, at ``rows`` (m, d): (m,) each.

        No deviation while the observations are too few to tell chance from a function that bends.
        """
        mean, deviation = self.process.predict(rows)
        if len(self.observations.targets) < ENOUGH_TRIALS:
            return mean, None
        return mean, np.sqrt(deviation**2 + self.process.hyperparameters.noise)

    def predict_untried(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and deviation of the function at ``rows`` (m, d): (m,) each.

        From a few observations the fit is often too sure of itself. So the deviation is never less than the
        root mean square of what it misses the better half of the observations by, each left out in turn.
        """
        mean, deviation = self.process.predict(rows)
        targets = self.observations.targets
        missed = self.process.left_out_errors()[targets <= np.median(targets)]
        return mean, np.maximum(deviation, np.sqrt(np.mean(missed**2)))

    def doubted(self) -> Model:
        """Return the model with the same observations, but less sure of what lies between them.

        Length scales are halved, and of the noise a tenth is left. From a few observations the fit cannot
        tell a smooth function with noise from a rough one without, and where it believes too much in the
        first, it stops looking. Source of the shorter lengths: Berkenkamp, Schoellig and Krause, "No-Regret
        Bayesian Optimization with Unknown Hyperparameters", 2019.
        """
        fitted = self.process.hyperparameters
        process = GaussianProcess(
            self.process.rows,
            self.process.targets,
            Hyperparameters(
                SHORTER * fitted.lengths, fitted.signal, max(QUIETER * fitted.noise, LEAST_NOISE)
            ),
            self.process.categorical,
        )
        return replace(self, process=process, best=float(process.mean(process.rows).min()))


def fit_model(space: SearchSpace, trials: Sequence[TrialRecord], goal: str) -> Model | None:
    """Fit the model; None while no two results differ, or if there is nothing to search."""
    encoding = encoding_of(space)
    if not encoding.columns:
        return None
    observations = observe(encoding, trials, goal)
    if not observations.tell_apart:
        return None
    process = GaussianProcess(
        observations.rows,
        observations.targets,
        fit(observations.rows, observations.targets, encoding.categorical),
        encoding.categorical,
    )
    return Model(encoding, observations, process, float(process.mean(observations.rows).min()))
