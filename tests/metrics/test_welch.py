"""Welch's test against SciPy's, and where there is no spread."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from swatch.metrics import welch


@pytest.mark.parametrize(("first", "second", "scale"), [(3, 3, 1.0), (3, 8, 0.2), (2, 2, 5.0), (40, 3, 1.0)])
def test_it_is_scipys(first: int, second: int, scale: float) -> None:
    rng = np.random.default_rng(first + second)
    one, other = rng.normal(0.9, 0.01, first).tolist(), rng.normal(0.89, 0.01 * scale, second).tolist()
    found, expected = welch(one, other), ttest_ind(one, other, equal_var=False)
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-12)
    interval = expected.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-12)
    assert found.difference == pytest.approx(np.mean(one) - np.mean(other))


def test_without_spread_means_differ_for_certain_or_not_at_all() -> None:
    assert welch([1.0, 1.0], [1.0, 1.0]).p_value == 1.0
    found = welch([2.0, 2.0], [1.0, 1.0])
    assert (found.p_value, found.low, found.high) == (0.0, 1.0, 1.0)


def test_one_value_is_not_enough() -> None:
    with pytest.raises(ValueError, match="1 and 3 values"):
        welch([1.0], [1.0, 2.0, 3.0])
