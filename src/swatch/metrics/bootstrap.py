"""How far a measure would vary with other samples of the same kind: bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.metrics.confusion import Counts

RESAMPLES = 2000
LEVEL = 0.95
# Numbers that are drawn at a time, which bounds the memory.
_DRAWN = 4_000_000


@dataclass(frozen=True)
class Interval:
    """Where a measure lies with a probability of 95 %."""

    low: float
    high: float


def bootstrap_counts(
    counts: Counts, statistic: Callable[[Counts], float], seed: int = 0, resamples: int = RESAMPLES
) -> Interval:
    """Return the percentile interval of a function of the confusion matrix.

    Efron, "Bootstrap Methods: Another Look at the Jackknife" (1979): n samples are drawn with replacement
    from the n that there are, again and again. The number of each kind (true class, answer) is then
    multinomial with the shares that were seen, so that whole matrices can be drawn at once.

    Args:
        counts: confusion matrix (classes, classes) of at least one sample.
        statistic: of such a matrix.
        seed: of the draws.
        resamples: how many matrices are drawn.
    """
    total = int(counts.sum())
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(total, counts.ravel() / total, size=resamples)
    return _interval([statistic(matrix) for matrix in drawn.reshape(resamples, *counts.shape)])


def bootstrap_mean(values: NDArray[np.floating[Any]], seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """Return the percentile interval of a mean, shape (n,), over samples drawn as in ``bootstrap_counts``."""
    generator = np.random.default_rng(seed)
    at_a_time = max(1, _DRAWN // len(values))
    means: list[float] = []
    for start in range(0, resamples, at_a_time):
        shape = (min(at_a_time, resamples - start), len(values))
        means += values[generator.integers(0, len(values), shape)].mean(axis=1, dtype=np.float64).tolist()
    return _interval(means)


def _interval(values: list[float]) -> Interval:
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))
