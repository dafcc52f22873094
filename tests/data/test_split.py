"""The split: disjoint, stratified, seeded, and never leaking between limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.data.split import apportion, stratified_split
from swatch.errors import UserError

LABELS = st.lists(st.integers(0, 9), min_size=2, max_size=300).map(lambda x: np.array(x, np.uint8))
FRACTIONS = st.floats(0.01, 0.99)


@settings(deadline=None)
@given(labels=LABELS, fraction=FRACTIONS, seed=st.integers(0, 2**31), data=st.data())
def test_every_split(labels: np.ndarray, fraction: float, seed: int, data: st.DataObject) -> None:
    total = len(labels)
    limit = data.draw(st.none() | st.integers(2, total))
    training, validation = stratified_split(labels, fraction, seed, limit)
    chosen = total if limit is None else limit
    assert len(training) + len(validation) == chosen
    assert abs(len(validation) - chosen * fraction) <= 1
    assert len(training) > 0
    assert len(validation) > 0
    for part in (training, validation):
        assert part.dtype == np.intp
        assert (np.diff(part) > 0).all()
    assert not set(training) & set(validation)
    assert min(training.min(), validation.min()) >= 0
    assert max(training.max(), validation.max()) < total
    # Stratified: each class has its share of each part, to one image (to two where a limit rounds once more).
    counts = np.bincount(labels, minlength=10)
    for part in (training, validation):
        share = counts * len(part) / total
        difference = np.abs(np.bincount(labels[part], minlength=10) - share)
        assert difference.max() <= (1 if limit is None else 2)


@settings(deadline=None)
@given(labels=LABELS, fraction=FRACTIONS, seed=st.integers(0, 2**31), data=st.data())
def test_a_limit_chooses_parts_of_the_parts(
    labels: np.ndarray, fraction: float, seed: int, data: st.DataObject
) -> None:
    limit = data.draw(st.integers(2, len(labels)))
    training, validation = stratified_split(labels, fraction, seed)
    fewer_training, fewer_validation = stratified_split(labels, fraction, seed, limit)
    assert set(fewer_training) <= set(training)
    assert set(fewer_validation) <= set(validation)


def test_the_seed_decides() -> None:
    labels = np.repeat(np.arange(10, dtype=np.uint8), 100)
    first, second, other = (stratified_split(labels, 0.1, seed)[1] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert set(first) != set(other)
    # Random, not the first images of each class.
    assert len({int(index) % 100 for index in first}) > 30


def test_fashion_mnists_proportions() -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(10, dtype=np.uint8), 6000))
    training, validation = stratified_split(labels, 0.1, 0)
    assert (np.bincount(labels[training]) == 5400).all()
    assert (np.bincount(labels[validation]) == 600).all()


@pytest.mark.parametrize("limit", [None, 40])
def test_without_validation_every_image_is_for_training(limit: int | None) -> None:
    labels = np.repeat(np.arange(4, dtype=np.uint8), 25)
    training, validation = stratified_split(labels, 0.0, 0, limit)
    assert len(validation) == 0
    assert (np.bincount(labels[training]) == (10 if limit else 25)).all()
    assert len(set(training)) == len(training)


@given(counts=st.lists(st.integers(0, 1000), min_size=1, max_size=12), data=st.data())
def test_apportion(counts: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(counts)))
    if not sum(counts):
        counts = [*counts, 1]
    shares = apportion(counts, total)
    assert shares.sum() == total
    assert (shares <= counts).all()
    assert (np.abs(shares - np.array(counts) * total / sum(counts)) < 1).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-0.1, 0, None), "validation_fraction must lie between 0 (no validation) and 1, found -0.1"),
        ((1.0, 0, None), "validation_fraction"),
        ((float("nan"), 0, None), "validation_fraction"),
        ((0.1, -1, None), "split_seed must not be negative, found -1"),
        ((0.1, 0, 0), "limit must be null or at least 2"),
        ((0.1, 0, -5), "limit must be null or at least 2"),
        ((0.1, 0, 21), "limit=21 is larger than the training set's 20 images"),
    ],
)
def test_values_out_of_range_are_named(arguments: tuple[float, int, int | None], message: str) -> None:
    with pytest.raises(UserError) as caught:
        stratified_split(np.zeros(20, np.uint8), *arguments)
    assert str(caught.value).startswith(message)
