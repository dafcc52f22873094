"""Gradient clipping."""

from __future__ import annotations

import numpy as np
import pytest

from swatch.errors import UserError
from swatch.optim.clipping import GradientClipping


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_long_gradient_is_scaled_and_a_short_one_left(dtype: type) -> None:
    gradients = np.random.default_rng(0).standard_normal(1000).astype(dtype)
    length = np.linalg.norm(gradients)
    short, long = gradients.copy(), gradients.copy()
    GradientClipping(norm=float(length) * 1.01).clip(short)
    GradientClipping(norm=2.0).clip(long)
    assert (short == gradients).all()
    np.testing.assert_allclose(long, gradients * (2 / length), rtol=1e-5)


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_gradient_whose_squares_overflow_keeps_its_direction() -> None:
    gradients = np.array([3e25, -4e25, 0], np.float32)
    GradientClipping(norm=1.0).clip(gradients)
    np.testing.assert_allclose(gradients, [0.6, -0.8, 0], rtol=1e-5)


def test_values_are_bounded_before_the_norm() -> None:
    gradients = np.array([10.0, -0.5, 3.0, -4.0])
    GradientClipping(value=1.0).clip(gradients)
    assert gradients.tolist() == [1, -0.5, 1, -1]
    GradientClipping(norm=0.5, value=0.5).clip(gradients)
    np.testing.assert_allclose(gradients, [0.25, -0.25, 0.25, -0.25])


def test_without_bounds_it_is_not_active() -> None:
    gradients = np.array([1e9, -1e9])
    assert not GradientClipping().is_active
    assert GradientClipping(norm=1).is_active
    assert GradientClipping(value=1).is_active
    GradientClipping().clip(gradients)
    assert gradients.tolist() == [1e9, -1e9]


@pytest.mark.parametrize("bound", [0.0, -1.0, float("nan"), float("inf")])
def test_bad_bounds(bound: float) -> None:
    with pytest.raises(UserError, match=r"^norm must be a finite number above 0, found"):
        GradientClipping(norm=bound)
    with pytest.raises(UserError, match=r"^value must be a finite number above 0, found"):
        GradientClipping(value=bound)
