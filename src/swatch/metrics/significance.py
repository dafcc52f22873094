"""Whether two classifiers differ by more than chance, judged on the same samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class McNemar:
    """The samples on which exactly one of two classifiers is right, and what they say."""

    only_first: int
    only_second: int
    p_value: float
    """How probable so uneven a division is, or a more uneven one, if both are equally good."""


def mcnemar(first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]) -> McNemar:
    """Test whether two classifiers have the same share of right answers.

    McNemar, "Note on the sampling error of the difference between correlated proportions" (1947), with the
    exact distribution instead of its approximation: if both are equally good, each sample that only one of
    them gets right goes to either with probability 1/2, and the number for one is binomial. Two-sided.

    Args:
        first_right: whether the first one is right, for each sample, shape (n,).
        second_right: the same of the second one.

    Raises:
        ValueError: the shapes differ.
    """
    from scipy.stats import binom

    if first_right.shape != second_right.shape or first_right.ndim != 1:
        raise ValueError(f"{first_right.shape} and {second_right.shape} must be equally long vectors")
    only_first = int(np.count_nonzero(first_right & ~second_right))
    only_second = int(np.count_nonzero(second_right & ~first_right))
    tail: Any = binom.cdf(min(only_first, only_second), only_first + only_second, 0.5)
    return McNemar(only_first, only_second, min(1.0, 2 * float(tail)))
