"""One proposal of the Bayesian search, from the trials to the point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

import numpy as np

from swatch.sweep.records import Point, TrialRecord
from swatch.sweep.search.bayes.acquisition import log_expected_improvement
from swatch.sweep.search.bayes.columns import FloatArray
from swatch.sweep.search.bayes.encoding import Encoding
from swatch.sweep.search.bayes.fit import fit
from swatch.sweep.search.bayes.gaussian_process import GaussianProcess
from swatch.sweep.search.bayes.initial import initial_count, initial_point
from swatch.sweep.search.bayes.maximize import candidates
from swatch.sweep.search.bayes.observations import Observations, observe
from swatch.sweep.search.random_search import propose_at_random
from swatch.sweep.search.signals import Proposal
from swatch.sweep.space import SearchSpace

# Sets these random numbers apart from others made from the sweep's seed.
BAYES = 3
# Up to so many points, every one that is left is compared.
SMALL_SPACE = 500
# How far to go along a sequence whose points are all taken.
MOST_REPETITIONS = 200

_encoding = lru_cache(maxsize=4)(Encoding)


def propose_by_model(
    space: SearchSpace,
    trials: Sequence[TrialRecord],
    seen: AbstractSet[str],
    *,
    number: int,
    seed: int,
    goal: str,
    count: int | None,
) -> Proposal:
    """Return the unseen point with the highest expected improvement; the arguments are those of ``propose``.

    The first trials are Sobol points. Then a Gaussian process is fitted to the trials that ended, takes its
    own mean as the result of those that run, and the logarithm of the expected improvement over the lowest
    posterior mean at any observed point is maximised: the observed minimum itself would be mostly luck.
    """
    encoding = _encoding(space)
    if not encoding.columns:
        return propose_at_random(space, seen, number, seed)
    observations = observe(encoding, trials, goal)
    rng = np.random.default_rng(np.random.SeedSequence([seed, BAYES, number]))
    if number < initial_count(count) or not observations.tell_apart:
        indices = range(number, number + MOST_REPETITIONS)
        points: Iterable[Point] = (initial_point(space, index, seed) for index in indices)
    else:
        points = _by_improvement(encoding, observations, seen, rng)
    for point in points:
        if space.point_key(point) not in seen:
            return point
    return propose_at_random(space, seen, number, seed)


def _by_improvement(
    encoding: Encoding, observations: Observations, seen: AbstractSet[str], rng: np.random.Generator
) -> Iterator[Point]:
    """Return points in falling order of expected improvement."""
    process = GaussianProcess(
        observations.rows,
        observations.targets,
        fit(observations.rows, observations.targets, encoding.categorical),
        encoding.categorical,
    )
    best = float(process.mean(observations.rows).min())
    if len(observations.pending):
        process = process.believing(observations.pending)
    rows = _all_unseen(encoding, seen)
    if rows is None:
        rows = candidates(process, encoding, best, rng)
    elif len(rows):
        rows = rows[np.argsort(-log_expected_improvement(process, rows, best), kind="stable")]
    return (encoding.decode(row) for row in rows[:MOST_REPETITIONS])


def _all_unseen(encoding: Encoding, seen: AbstractSet[str]) -> FloatArray | None:
    """Return the rows of every unseen point of a small finite space, else None."""
    space = encoding.space
    if space.enumeration is None or space.enumeration.size > SMALL_SPACE:
        return None
    points = (space.enumeration.point_at(index) for index in range(space.enumeration.size))
    rows = [encoding.encode(point) for point in points if space.point_key(point) not in seen]
    return np.array(rows).reshape(-1, len(encoding.columns))
