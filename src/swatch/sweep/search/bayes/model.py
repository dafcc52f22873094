"""The model of a sweep's objective: a Gaussian process fitted to the trials that ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from swatch.sweep.records import TrialRecord
from swatch.sweep.search.bayes.encoding import Encoding
from swatch.sweep.search.bayes.fit import fit
from swatch.sweep.search.bayes.gaussian_process import GaussianProcess
from swatch.sweep.search.bayes.observations import Observations, observe
from swatch.sweep.space import SearchSpace

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
