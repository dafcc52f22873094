"""How far the mean of a few paired differences may be from what more pairs would give."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class PairedDifference:
    """The mean of the differences, and its interval."""

    mean: float
    low: float
    high: float


def paired_difference(
    first: Sequence[float], second: Sequence[float], *, comparisons: int = 1
) -> PairedDifference:
    """Return the mean of ``first - second``, pair by pair, with its 95 % interval.

    "Student", "The probable error of a mean", 1908: the differences are taken for a sample from a normal
    distribution. Where several such differences are looked at, the intervals hold for all of them together
    if each is told how many there are (Bonferroni's correction). Differences that are all equal have an
    interval of no width.

    Args:
        first: n values, at least two.
        second: n values, in the same order.
        comparisons: how many differences are looked at.

    Raises:
        ValueError: there are fewer than two pairs, or the lengths differ.
    """
    from scipy.stats import t as student

    if len(first) < 2 or len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} values make no sample of pairs")
    differences = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    mean = float(differences.mean())
    error = float(differences.std(ddof=1)) / math.sqrt(len(differences))
    quantile: Any = student.ppf(1 - 0.025 / comparisons, len(differences) - 1)
    reach = float(quantile) * error
    return PairedDifference(mean, mean - reach, mean + reach)
