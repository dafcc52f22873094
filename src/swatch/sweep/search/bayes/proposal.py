"""One proposal of the Bayesian search, from the trials to the point."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from swatch.sweep.records import Point, TrialRecord, TrialState
from swatch.sweep.search.bayes.acquisition import LogExpectedImprovement
from swatch.sweep.search.bayes.columns import FloatArray
from swatch.sweep.search.bayes.encoding import Encoding
from swatch.sweep.search.bayes.initial import initial_count, initial_point
from swatch.sweep.search.bayes.maximize import candidates
from swatch.sweep.search.bayes.model import Model, encoding_of, fit_model
from swatch.sweep.search.bayes.transfer import best_under_another_category, is_transfer
from swatch.sweep.search.random_search import propose_at_random
from swatch.sweep.search.signals import NOT_NOW, NOT_WORTH_IT, Proposal
from swatch.sweep.space.search_space import SearchSpace

# Sets these random numbers apart from others made from the sweep's seed.
BAYES = 3
# Up to so many points, every one that is left is compared.
SMALL_SPACE = 500
# Every third proposal doubts the model, and every one does that the model expects nothing of: less than this
# share of the deviation of all results. Doubting goes on, but not without end, and not where a search for the
# best point takes long and the observations leave little to doubt. Where trials are stopped early all of them
# doubt it: a bad guess costs an epoch or two there, and what stopped trials tell the model is a guess itself.
DOUBT_EVERY = 3
LEAST_GAIN = 0.01
MOST_DOUBTS = 4
DOUBTED_UP_TO = 200
# How far to go along a sequence whose points are all taken.
MOST_REPETITIONS = 200


def propose_by_model(
    space: SearchSpace,
    trials: Sequence[TrialRecord],
    seen: AbstractSet[str],
    *,
    number: int,
    seed: int,
    goal: str,
    count: int | None,
    stop_gain: float | None = None,
) -> Proposal:
    """Return the unseen point with the highest expected improvement; the arguments are those of ``propose``.

    The first trials are Sobol points. Then a Gaussian process is fitted to the trials that ended, takes its
    own mean as the result of those that run, and the logarithm of the expected improvement over the lowest
    posterior mean at any observed point is maximised. Where the model expects next to nothing, at every third
    trial in any case, and at all of them once one was stopped early, a version of it that is less sure of
    itself takes its place (:meth:`swatch.sweep.search.bayes.model.Model.doubted`). Every sixth trial is the
    best one so far under another category, as long as that may be better
    (:func:`swatch.sweep.search.bayes.transfer.best_under_another_category`). With ``stop_gain`` the answer is
    that the search is not worth going on with (or, while trials run, NOT_NOW) once the fitted model's
    improvement is below it.
    """
    if not encoding_of(space).columns:
        return propose_at_random(space, seen, number, seed)
    # What was known before the sweep began has negative numbers, and leaves less to explore.
    begun = number + sum(trial.number < 0 for trial in trials)
    model = None if begun < initial_count(count) else fit_model(space, trials, goal)
    if model is None:
        points = (initial_point(space, index, seed) for index in range(number, number + MOST_REPETITIONS))
        for point in points:
            if space.point_key(point) not in seen:
                return point
        return propose_at_random(space, seen, number, seed)
    stream = np.random.SeedSequence([seed, BAYES, number])
    if stop_gain is not None:
        plain = _first_unseen(model, seen, np.random.default_rng(stream))
        if plain is not None and plain[1] < stop_gain:
            return NOT_NOW if len(model.observations.pending) else NOT_WORTH_IT
    moved = best_under_another_category(model, seen) if is_transfer(number) else None
    if moved is not None:
        return moved
    rng = np.random.default_rng(stream)
    if number % DOUBT_EVERY == 0 or any(trial.state is TrialState.STOPPED for trial in trials):
        model = model.doubted()
    found = _first_unseen(model, seen, rng)
    for _ in range(MOST_DOUBTS if len(model.observations.targets) <= DOUBTED_UP_TO else 0):
        if found is None or found[1] >= LEAST_GAIN * model.observations.spread:
            break
        model = model.doubted()
        found = _first_unseen(model, seen, rng)
    return propose_at_random(space, seen, number, seed) if found is None else found[0]


def _first_unseen(
    model: Model, seen: AbstractSet[str], rng: np.random.Generator
) -> tuple[Point, float] | None:
    space = model.encoding.space
    pairs = by_improvement(model, seen, rng)
    return next((pair for pair in pairs if space.point_key(pair[0]) not in seen), None)


def by_improvement(
    model: Model, seen: AbstractSet[str], rng: np.random.Generator
) -> Iterator[tuple[Point, float]]:
    """Return points in falling order of expected improvement, each with it, in the objective's units."""
    process, best = model.process, model.best
    if len(model.observations.pending):
        # What they are believed to reach is not there to be gained a second time.
        best = min(best, float(process.mean(model.observations.pending).min()))
        process = process.believing(model.observations.pending)
    improvement = LogExpectedImprovement(process, best)
    rows = _all_unseen(model.encoding, seen)
    if rows is None:
        rows, values = candidates(process, model.encoding, improvement, rng)
    elif len(rows):
        values = improvement(rows)
        order = np.argsort(-values, kind="stable")
        rows, values = rows[order], values[order]
    else:
        return
    for row, value in zip(rows[:MOST_REPETITIONS], values, strict=False):
        yield model.encoding.decode(row), math.exp(value) * model.observations.spread


def _all_unseen(encoding: Encoding, seen: AbstractSet[str]) -> FloatArray | None:
    """Return the rows of every unseen point of a small finite space, else None."""
    space = encoding.space
    if space.enumeration is None or space.enumeration.size > SMALL_SPACE:
        return None
    points = (space.enumeration.point_at(index) for index in range(space.enumeration.size))
    rows = [encoding.encode(point) for point in points if space.point_key(point) not in seen]
    return np.array(rows).reshape(-1, len(encoding.columns))
