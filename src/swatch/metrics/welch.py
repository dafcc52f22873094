"""Whether the means of two small samples differ by more than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Welch:
    """The difference of two means, and how sure one can be of it."""

    difference: float
    """Of the first sample's mean less the second's."""
    low: float
    high: float
    """The 95 % confidence interval of the difference."""
    p_value: float
    """How probable so large a difference is, in either direction, if the means are equal."""


def welch(first: Sequence[float], second: Sequence[float]) -> Welch:
    """Compare two means whose samples may spread differently.

    B. L. Welch, "The generalization of 'Student's' problem when several different population variances are
    involved", 1947; the degrees of freedom are Satterthwaite's. Two-sided. Samples without any spread differ
    for certain, or not at all.

    Args:
        first: at least two values.
        second: at least two values.

    Raises:
        ValueError: there are fewer.
    """
    from scipy.stats import t as student

    if min(len(first), len(second)) < 2:
        raise ValueError(f"samples of {len(first)} and {len(second)} values have no spread to compare")
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    difference = float(one.mean() - other.mean())
    parts = [float(sample.var(ddof=1)) / len(sample) for sample in (one, other)]
    error = math.sqrt(sum(parts))
    if error == 0:
        return Welch(difference, difference, difference, 0.0 if difference else 1.0)
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(sample) - 1) for part, sample in zip(parts, (one, other), strict=True)
    )
    reach: Any = student.ppf(0.975, freedom) * error
    p_value: Any = 2 * student.sf(abs(difference) / error, freedom)
    return Welch(difference, difference - float(reach), difference + float(reach), float(p_value))
