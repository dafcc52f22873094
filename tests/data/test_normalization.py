"""Normalization: what each kind maps to, and that only the training part is looked at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from swatch.data.normalization import KINDS, Normalization, fit
from swatch.errors import UserError

IMAGES = arrays(np.uint8, st.tuples(st.integers(2, 40), st.just(3), st.just(4), st.just(1)))


def apply(normalization: Normalization, images: np.ndarray) -> np.ndarray:
    return normalization.apply(images, np.empty(images.shape, np.float32))


@settings(deadline=None)
@given(images=IMAGES, data=st.data())
def test_each_kind_against_its_definition(images: np.ndarray, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(images) - 1), min_size=1, unique=True))
    indices = np.array(sorted(chosen), np.intp)
    exact = images.astype(np.float64)
    part = exact[indices]
    expected = {
        "unit": exact / 255,
        "centred": exact / 127.5 - 1,
        "standardized": (exact - part.mean()) / (part.std() or 1.0),
    }
    for kind in KINDS:
        got = apply(fit(kind, images, indices), images)
        assert got.dtype == np.float32
        np.testing.assert_allclose(
            got, expected[kind], rtol=1e-5, atol=1e-5 * max(1, abs(expected[kind]).max())
        )


@settings(deadline=None)
@given(images=IMAGES, other=st.integers(0, 255))
def test_constants_do_not_depend_on_other_images(images: np.ndarray, other: int) -> None:
    indices = np.arange(0, len(images), 2)
    before = fit("standardized", images, indices)
    changed = images.copy()
    changed[1::2] = other
    assert fit("standardized", changed, indices) == before
    # Nor on the order, to the last bit.
    assert fit("standardized", images, indices[::-1].copy()) == before


def test_standardized_has_mean_0_and_variance_1_over_many_blocks() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5000, 6, 6, 1), dtype=np.uint8)
    got = apply(fit("standardized", images, np.arange(5000)), images).astype(np.float64)
    assert abs(got.mean()) < 1e-5
    assert abs(got.std() - 1) < 1e-5


def test_extremes() -> None:
    images = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1)
    indices = np.arange(2)
    assert apply(fit("unit", images, indices), images).ravel().tolist() == [0, 1]
    assert apply(fit("centred", images, indices), images).ravel().tolist() == [-1, 1]
    assert apply(fit("standardized", images, indices), images).ravel().tolist() == [-1, 1]


def test_it_writes_into_the_buffer_it_is_given() -> None:
    buffer = np.empty((2, 2, 2, 1), np.float32)
    images = np.ones((2, 2, 2, 1), np.uint8)
    assert fit("centred", images, np.arange(2)).apply(images, buffer) is buffer


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(
        UserError, match=r"unit, centred, standardized, not 'standardised'.*mean 'standardized'\?"
    ):
        fit("standardised", np.zeros((1, 1, 1, 1), np.uint8), np.arange(1))
