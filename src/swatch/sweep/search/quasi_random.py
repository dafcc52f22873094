"""Quasi-random search: a scrambled Sobol sequence, which covers the space more evenly than chance does."""

from __future__ import annotations

import itertools
from collections.abc import Set as AbstractSet
from functools import lru_cache

from swatch.sweep.search.bayes.initial import initial_point
from swatch.sweep.search.random_search import DistinctDraws, propose_at_random
from swatch.sweep.search.signals import Proposal
from swatch.sweep.space.search_space import SearchSpace


@lru_cache(maxsize=4)
def _sobol_draws(space: SearchSpace, seed: int) -> DistinctDraws:
    return DistinctDraws(space, (initial_point(space, index, seed) for index in itertools.count()))


def propose_by_sequence(space: SearchSpace, seen: AbstractSet[str], number: int, seed: int) -> Proposal:
    """Return number ``number`` of the different points of the space's scrambled Sobol sequence.

    The sequence is SciPy's, which Optuna's QMCSampler uses too; here it is numbered by the trial and not by
    what a storage remembers, so that any number of agents finds the same set of points.
    """
    if not space.swept:
        return propose_at_random(space, seen, number, seed)
    return _sobol_draws(space, seed).propose(seen, number)
