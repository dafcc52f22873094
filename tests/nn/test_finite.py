"""NaN and infinity in the data are found by their rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatch.errors import UserError
from swatch.nn.finite import check_finite, rows_not_finite, say_rows


@given(
    bad=st.dictionaries(st.integers(0, 19), st.sampled_from([np.nan, np.inf, -np.inf])),
    shape=st.sampled_from([(), (3,), (2, 5, 1)]),
    seed=st.integers(0, 2**32),
)
def test_the_rows_are_those_that_hold_some(bad: dict[int, float], shape: tuple[int, ...], seed: int) -> None:
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((20, *shape)).astype(np.float32)
    for row, value in bad.items():
        x[(row, *(generator.integers(size) for size in shape))] = value
    assert rows_not_finite(x).tolist() == sorted(bad)
    if not bad:
        check_finite(x, "x")
        return
    with pytest.raises(UserError, match=rf"^x must be finite numbers.*NaN or infinity in rows? {min(bad)}\b"):
        check_finite(x, "x")


def test_many_rows_are_counted() -> None:
    assert say_rows(np.array([4])) == "row 4"
    assert say_rows(np.array([4, 6])) == "rows 4, 6"
    assert say_rows(np.arange(2000)) == "rows 0, 1, 2, 3, 4 and 1,995 more"
