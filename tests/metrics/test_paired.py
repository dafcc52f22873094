"""The mean of paired differences, against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_rel

from swatch.metrics.paired import paired_difference


def test_the_interval_is_that_of_students_paired_test() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(1.0, 0.3, 9), rng.normal(0.8, 0.3, 9)
    found = paired_difference(first.tolist(), second.tolist())
    expected = ttest_rel(first, second).confidence_interval(0.95)
    assert found.mean == pytest.approx((first - second).mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))

    wider = paired_difference(first.tolist(), second.tolist(), comparisons=3)
    expected = ttest_rel(first, second).confidence_interval(1 - 0.05 / 3)
    assert (wider.low, wider.high) == pytest.approx((expected.low, expected.high))


def test_equal_differences_have_no_width_and_one_pair_is_none() -> None:
    found = paired_difference([0.5, 0.75], [0.25, 0.5])
    assert (found.mean, found.low, found.high) == (0.25, 0.25, 0.25)
    with pytest.raises(ValueError, match="1 and 1"):
        paired_difference([1.0], [2.0])
    with pytest.raises(ValueError, match="2 and 3"):
        paired_difference([1.0, 2.0], [1.0, 2.0, 3.0])
