"""Every augmentation in conf/augmentation, and what each of ours does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from swatch.compose import build
from swatch.data.augmentation import Augmentation
from swatch.data.augmentations.flip import HorizontalFlip
from swatch.data.augmentations.shift import Shift
from swatch.errors import UserError

CONFIGS = sorted((Path(__file__).resolve().parents[2] / "conf" / "augmentation").glob("*.yaml"))
SHAPES = [(64, 28, 28, 1), (48, 28, 28, 1), (1, 28, 28, 1), (5, 8, 6, 3)]
IMAGES = arrays(np.uint8, st.tuples(*(st.integers(1, side) for side in (9, 7, 6, 3))))


def load(path: Path) -> Any:
    return build(yaml.safe_load(path.read_text()))


def random_images(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8)


def test_there_is_one_for_each_source_file() -> None:
    package = Path(__file__).resolve().parents[2] / "src" / "swatch" / "data" / "augmentations"
    targets = {yaml.safe_load(path.read_text())["_target_"].rsplit(".", 2)[-2] for path in CONFIGS}
    assert targets == {path.stem for path in package.glob("*.py")} - {"__init__"}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
class TestEach:
    def test_it_is_an_augmentation(self, path: Path) -> None:
        assert isinstance(load(path), Augmentation)
        assert path.read_text().startswith("#"), "the first line says what it does"

    def test_shape_and_type_stay(self, path: Path) -> None:
        augmentation = load(path)
        # One object sees full batches, the smaller last one, and full ones again.
        for shape in [*SHAPES, *SHAPES]:
            images = random_images(*shape)
            got = augmentation.apply(images, np.random.default_rng(0))
            assert got.shape == shape
            assert got.dtype == np.uint8

    def test_it_depends_on_images_and_random_numbers_alone(self, path: Path) -> None:
        fresh = [load(path).apply(random_images(*s), np.random.default_rng(7)).copy() for s in SHAPES]
        used = load(path)
        for shape, expected in zip(SHAPES, fresh, strict=True):
            used.apply(np.full(shape, 255, np.uint8), np.random.default_rng(8))
            np.testing.assert_array_equal(
                used.apply(random_images(*shape), np.random.default_rng(7)), expected
            )

    def test_it_changes_images_unless_it_says_not(self, path: Path) -> None:
        augmentation = load(path)
        images = random_images(64, 28, 28, 1)
        got = augmentation.apply(images.copy(), np.random.default_rng(0))
        assert (got == images).all() == augmentation.identity

    def test_images_do_not_mix(self, path: Path) -> None:
        """An image among others comes out as it would among others still."""
        images = random_images(16, 28, 28, 1)
        others = images.copy()
        others[8:] = 0
        first = load(path).apply(images, np.random.default_rng(3))[:8].copy()
        second = load(path).apply(others, np.random.default_rng(3))[:8]
        np.testing.assert_array_equal(first, second)


@settings(deadline=None)
@given(images=IMAGES, seed=st.integers(0, 2**32), probability=st.floats(0, 1))
def test_flip_mirrors_whole_images_or_leaves_them(images: np.ndarray, seed: int, probability: float) -> None:
    got = HorizontalFlip(probability).apply(images.copy(), np.random.default_rng(seed))
    for before, after in zip(images, got, strict=True):
        assert (after == before).all() or (after == before[:, ::-1]).all()


@pytest.mark.parametrize(("probability", "low", "high"), [(0, 0, 0), (0.5, 900, 1100), (1, 2000, 2000)])
def test_flip_probability(probability: float, low: int, high: int) -> None:
    images = np.tile(np.array([1, 2], np.uint8).reshape(1, 1, 2, 1), (2000, 1, 1, 1))
    got = HorizontalFlip(probability).apply(images, np.random.default_rng(0))
    assert low <= (got[:, 0, 0, 0] == 2).sum() <= high


@settings(deadline=None)
@given(images=IMAGES, seed=st.integers(0, 2**32), pixels=st.integers(0, 3))
def test_shift_moves_each_image_and_fills_with_zeros(images: np.ndarray, seed: int, pixels: int) -> None:
    got = Shift(pixels).apply(images.copy(), np.random.default_rng(seed))
    _, height, width, _ = images.shape
    padded = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels), (0, 0)))
    for index in range(len(images)):
        windows = [
            padded[index, y : y + height, x : x + width]
            for y in range(2 * pixels + 1)
            for x in range(2 * pixels + 1)
        ]
        assert any((got[index] == window).all() for window in windows)


def test_shift_reaches_every_place_equally_often() -> None:
    images = np.zeros((25_000, 5, 5, 1), np.uint8)
    images[:, 2, 2] = 1
    got = Shift(2).apply(images, np.random.default_rng(0))
    counts = got.sum(axis=0, dtype=np.int64).ravel()
    assert counts.sum() == 25_000
    assert counts.min() > 850
    assert counts.max() < 1150


def test_values_out_of_range_are_named() -> None:
    with pytest.raises(UserError, match=r"^probability must lie between 0 and 1, found 1.5"):
        HorizontalFlip(1.5)
    with pytest.raises(UserError, match=r"^probability"):
        HorizontalFlip(float("nan"))
    with pytest.raises(UserError, match=r"^pixels must not be negative, found -1"):
        Shift(-1)
