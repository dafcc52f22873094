"""Batches: complete, repeatable, resumable anywhere, and made without allocating."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.data.augmentations.mixup import Mixup
from swatch.data.augmentations.shift import Shift
from swatch.data.batches import Batches
from swatch.data.normalization import Normalization
from swatch.errors import UserError

BYTES = Normalization("unit", 1.0, 0.0)  # inputs are the bytes themselves


def numbered(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images whose pixels spell their own index, and labels that follow from it."""
    index = np.arange(count)
    images = np.stack([index // 256, index % 256], axis=1).astype(np.uint8).reshape(count, 1, 2, 1)
    return images, (index % 7).astype(np.uint8)


def epoch_of(batches: Batches, epoch: int, start: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(inputs.copy(), labels.copy()) for inputs, labels in batches.epoch(epoch, start)]


def indices_of(epoch: list[tuple[np.ndarray, np.ndarray]]) -> list[int]:
    return [int(256 * x[0, 0, 0] + x[0, 1, 0]) for inputs, _ in epoch for x in inputs]


def make(count: int, batch_size: int, **options: Any) -> Batches:
    images, labels = numbered(count)
    given = {"seed": 0, "normalization": BYTES, "indices": np.arange(0, count, 2)} | options
    return Batches(images, labels, given.pop("indices"), batch_size, **given)


SIZES = st.tuples(st.integers(2, 700), st.integers(1, 350)).filter(lambda x: x[1] <= (x[0] + 1) // 2)


@settings(deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 2**63), epoch=st.integers(0, 1000), shuffle=st.booleans())
def test_an_epoch_holds_each_image_once_with_its_label(
    sizes: tuple[int, int], seed: int, epoch: int, shuffle: bool
) -> None:
    count, batch_size = sizes
    batches = make(count, batch_size, seed=seed, shuffle=shuffle)
    got = epoch_of(batches, epoch)
    assert len(got) == len(batches)
    assert [len(labels) for _, labels in got[:-1]] == [batch_size] * (len(got) - 1)
    assert 1 <= len(got[-1][1]) <= batch_size
    assert all(x.dtype == np.float32 and y.dtype == np.intp and len(x) == len(y) for x, y in got)
    indices = indices_of(got)
    assert sorted(indices) == list(range(0, count, 2))
    assert shuffle or indices == sorted(indices)
    assert [int(label) for _, labels in got for label in labels] == [index % 7 for index in indices]
    assert batches.samples == len(indices)


@settings(deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 2**63), epoch=st.integers(0, 50), data=st.data())
def test_an_epoch_can_be_taken_up_at_any_batch(
    sizes: tuple[int, int], seed: int, epoch: int, data: st.DataObject
) -> None:
    count, batch_size = sizes
    images = np.random.default_rng(1).integers(0, 256, (count, 4, 5, 1), dtype=np.uint8)
    parts = (images, np.zeros(count, np.uint8), np.arange(0, count, 2), batch_size)
    whole = epoch_of(Batches(*parts, seed=seed, normalization=BYTES, augmentation=Shift(1)), epoch)
    start = data.draw(st.integers(0, len(whole)))
    resumed = Batches(*parts, seed=seed, normalization=BYTES, augmentation=Shift(1))
    epoch_of(resumed, epoch + 1)
    rest = epoch_of(resumed, epoch, start)
    assert len(rest) == len(whole) - start
    for (inputs, _), (expected, _) in zip(rest, whole[start:], strict=True):
        np.testing.assert_array_equal(inputs, expected)


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    orders = {
        (seed, epoch): tuple(make(600, 32, seed=seed).order(epoch)) for seed in (0, 1) for epoch in (0, 1, 2)
    }
    assert len(set(orders.values())) == 6
    batches = make(600, 32, seed=np.random.SeedSequence(1))
    for epoch in (2, 0, 1):
        assert tuple(batches.order(epoch)) == orders[1, epoch]
    assert tuple(make(600, 7, seed=1).order(2)) == orders[1, 2]


def test_mixing_gives_shares_and_can_be_taken_up_anywhere() -> None:
    images, labels = numbered(90)
    parts = (images, labels, np.arange(90), 32)
    options: dict[str, Any] = {"seed": 0, "normalization": BYTES, "augmentation": Mixup(1.0), "classes": 7}
    whole = epoch_of(Batches(*parts, **options), 2)
    assert [shares.shape for _, shares in whole] == [(32, 7), (32, 7), (26, 7)]
    for inputs, shares in whole:
        assert inputs.dtype == shares.dtype == np.float32
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    (inputs, shares), *_ = epoch_of(Batches(*parts, **options), 2, start=2)
    assert (inputs == whole[2][0]).all()
    assert (shares == whole[2][1]).all()
    with pytest.raises(ValueError, match="needs the number of classes"):
        Batches(*parts, **{**options, "classes": None})


def test_augmentation_differs_between_batches_and_epochs() -> None:
    images = np.tile(np.arange(1, 26, dtype=np.uint8).reshape(1, 5, 5, 1), (64, 1, 1, 1))
    batches = Batches(
        images, np.zeros(64, np.uint8), np.arange(64), 32, seed=0, normalization=BYTES, augmentation=Shift(2)
    )
    seen = [inputs.tobytes() for epoch in (0, 1) for inputs, _ in epoch_of(batches, epoch)]
    assert len(set(seen)) == 4
    assert (images[0, :, :, 0] == np.arange(1, 26).reshape(5, 5)).all()


def test_nothing_is_allocated_in_the_step() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2000, 28, 28, 1), dtype=np.uint8)
    batches = Batches(
        images,
        np.zeros(2000, np.uint8),
        np.arange(2000),
        64,
        seed=0,
        normalization=Normalization("u", 0.1, -1),
    )
    steps = batches.epoch(0)
    inputs, labels = next(steps)
    tracemalloc.start()
    try:
        for again, labels_again in steps:
            assert np.shares_memory(again, inputs)
            assert np.shares_memory(labels_again, labels)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Views and loop variables; a batch of inputs would be 200,704 bytes.
    assert peak < 4000


@pytest.mark.parametrize(
    ("batch_size", "message"),
    [
        (0, "batch_size must be at least 1, found 0"),
        (-3, "batch_size must be at least 1, found -3"),
        (11, "batch_size=11 is larger than the data: the training part has 10 images"),
    ],
)
def test_impossible_batch_sizes_are_named(batch_size: int, message: str) -> None:
    with pytest.raises(UserError) as caught:
        make(20, batch_size)
    assert str(caught.value) == message


def test_a_validation_batch_may_be_larger_than_the_data() -> None:
    batches = make(20, 1000, shuffle=False)
    assert batches.batch_size == 10
    assert indices_of(epoch_of(batches, 0)) == list(range(0, 20, 2))


def test_a_part_without_images() -> None:
    with pytest.raises(UserError, match=r"data\.limit"):
        make(20, 1, indices=np.arange(0))


@pytest.mark.parametrize("indices", [[-1], [20]])
def test_indices_out_of_range_are_refused(indices: list[int]) -> None:
    with pytest.raises(ValueError, match="do not fit 20 images"):
        make(20, 1, indices=np.array(indices))


def test_a_negative_start_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot start at batch -1"):
        next(make(20, 2).epoch(0, -1))
