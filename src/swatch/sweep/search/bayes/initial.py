"""The first points of a Bayesian search, before there is anything to model."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from swatch.sweep.records import Point
from swatch.sweep.search.bayes.columns import FloatArray
from swatch.sweep.space.search_space import SearchSpace

# Sets this sequence apart from others made from the sweep's seed.
SOBOL = 2
MOST_INITIAL, FEWEST_INITIAL = 10, 4


def initial_count(count: int | None) -> int:
    """Return how many trials come before the model: 10, or a third of a short sweep, and at least 4."""
    if count is None:
        return MOST_INITIAL
    return min(max(count // 3, FEWEST_INITIAL), MOST_INITIAL)


def initial_point(space: SearchSpace, index: int, seed: int) -> Point:
    """Return point ``index`` of the space's scrambled Sobol sequence.

    Source: Owen, "Scrambling Sobol' and Niederreiter-Xing Points", 1998, as SciPy implements it.
    """
    units = _sobol(len(space.swept), seed, max(index, MOST_INITIAL).bit_length())
    return space.from_units(units[index].tolist())


@lru_cache(maxsize=8)
def _sobol(dimensions: int, seed: int, log2: int) -> FloatArray:
    # SciPy's statistics cost half a second to import, which only an agent that starts a sweep pays.
    from scipy.stats.qmc import Sobol

    rng = np.random.default_rng(np.random.SeedSequence([seed, SOBOL]))
    return Sobol(dimensions, scramble=True, rng=rng).random_base2(log2)
