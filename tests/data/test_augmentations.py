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
from scipy import ndimage

from entries import CONF, Entry, entries
from swatch.compose import build
from swatch.data.augmentation import Augmentation
from swatch.data.augmentations.affine import Affine
from swatch.data.augmentations.chain import Chain
from swatch.data.augmentations.cutmix import CutMix
from swatch.data.augmentations.erasing import RandomErasing
from swatch.data.augmentations.flip import HorizontalFlip
from swatch.data.augmentations.mixup import Mixup
from swatch.data.augmentations.noise import GaussianNoise
from swatch.data.augmentations.shift import Shift
from swatch.errors import UserError

SHAPES = [(64, 28, 28, 1), (48, 28, 28, 1), (1, 28, 28, 1), (5, 8, 6, 3)]
IMAGES = arrays(np.uint8, st.tuples(*(st.integers(1, side) for side in (9, 7, 6, 3))))


def load(entry: Entry) -> Any:
    """The augmentation as a run builds it, those within a chain too."""
    return build(yaml.safe_load(text_of(entry)))


def text_of(entry: Entry) -> str:
    return (CONF / "augmentation" / f"{entry.name}.yaml").read_text(encoding="utf-8")


def random_images(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8)


def test_there_is_one_for_each_source_file() -> None:
    package = Path(__file__).resolve().parents[2] / "src" / "swatch" / "data" / "augmentations"
    targets = {entry.target.__module__.rpartition(".")[2] for entry in entries("augmentation")}
    assert targets == {path.stem for path in package.glob("*.py")} - {"__init__"}


class TestEach:
    def test_it_is_an_augmentation(self, augmentation_entry: Entry) -> None:
        assert isinstance(load(augmentation_entry), Augmentation)
        assert text_of(augmentation_entry).startswith("#"), "the first line says what it does"

    @pytest.mark.check("shape and type")
    def test_shape_and_type_stay(self, augmentation_entry: Entry) -> None:
        augmentation = load(augmentation_entry)
        # One object sees full batches, the smaller last one, and full ones again.
        for shape in [*SHAPES, *SHAPES]:
            images = random_images(*shape)
            got = augmentation.apply(images, np.random.default_rng(0))
            assert got.shape == shape
            assert got.dtype == np.uint8

    @pytest.mark.check("the seed decides")
    def test_it_depends_on_images_and_random_numbers_alone(self, augmentation_entry: Entry) -> None:
        fresh = [
            load(augmentation_entry).apply(random_images(*s), np.random.default_rng(7)).copy() for s in SHAPES
        ]
        used = load(augmentation_entry)
        for shape, expected in zip(SHAPES, fresh, strict=True):
            used.apply(np.full(shape, 255, np.uint8), np.random.default_rng(8))
            np.testing.assert_array_equal(
                used.apply(random_images(*shape), np.random.default_rng(7)), expected
            )

    @pytest.mark.check("changes images")
    def test_it_changes_images_unless_it_says_not(self, augmentation_entry: Entry) -> None:
        augmentation = load(augmentation_entry)
        images = random_images(64, 28, 28, 1)
        got = augmentation.apply(images.copy(), np.random.default_rng(0))
        if augmentation.identity:
            assert (got == images).all()
        else:
            # One that mixes may leave the images alone: it changes them when they have become inputs.
            assert augmentation.mixes or (got != images).any()

    @pytest.mark.check("labels of mixed")
    def test_it_mixes_samples_if_it_says_so(self, augmentation_entry: Entry) -> None:
        augmentation = load(augmentation_entry)
        inputs = random_images(64, 28, 28, 1).astype(np.float32)
        shares = np.eye(10, dtype=np.float32)[np.arange(64) % 10]
        mixed, blended = inputs.copy(), shares.copy()
        rng = np.random.default_rng(1)
        for _ in range(5):  # cutmix leaves some batches as they are
            augmentation.mix(mixed, blended, rng)
        assert (mixed != inputs).any() == (blended != shares).any() == augmentation.mixes
        np.testing.assert_allclose(blended.sum(axis=1), 1, rtol=1e-5)
        assert blended.min() >= 0

    @pytest.mark.check("others do not matter")
    def test_images_do_not_mix(self, augmentation_entry: Entry) -> None:
        """An image among others comes out as it would among others still."""
        images = random_images(16, 28, 28, 1)
        others = images.copy()
        others[8:] = 0
        first = load(augmentation_entry).apply(images, np.random.default_rng(3))[:8].copy()
        second = load(augmentation_entry).apply(others, np.random.default_rng(3))[:8]
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


class Drawn:
    """A generator whose draws are known."""

    def __init__(self, *draws: float) -> None:
        self.draws = np.array(draws)

    def uniform(self, low: float, high: float, size: tuple[int, int]) -> np.ndarray:
        return np.repeat(self.draws[:, None], size[1], axis=1)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_affine_turns_and_moves_exactly(interpolation: str) -> None:
    images = random_images(3, 6, 6, 2)
    options = {"rotation": 90, "shift": 2, "interpolation": interpolation}
    for draws, expected in (
        ((0, 0, 0, 0, 0), images),
        ((1, 0, 0, 0, 0), np.rot90(images, axes=(1, 2))),
        ((-1, 0, 0, 0, 0), np.rot90(images, -1, axes=(1, 2))),
        ((0, 0, 0, 1, 0), np.pad(images, ((0, 0), (2, 0), (0, 0), (0, 0)))[:, :6]),
        ((0, 0, 0, 0, -1), np.pad(images, ((0, 0), (0, 0), (0, 2), (0, 0)))[:, :, 2:]),
    ):
        rng: Any = Drawn(*draws)
        np.testing.assert_array_equal(Affine(**options).apply(images.copy(), rng), expected)


@pytest.mark.parametrize(("interpolation", "order"), [("nearest", 0), ("bilinear", 1)])
def test_affine_is_scipys(interpolation: str, order: int) -> None:
    images = random_images(12, 20, 14, 1)
    affine = Affine(rotation=40, scale=0.3, shear=20, shift=3, interpolation=interpolation)
    maps = affine._inverse_maps(12, np.random.default_rng(2))
    got = affine.apply(images.copy(), np.random.default_rng(2))
    centre = np.array([9.5, 6.5])
    # Background all around, as the images have it for us.
    padded = np.pad(images[..., 0], ((0, 0), (4, 4), (4, 4))).astype(float)
    for image, matrix, found in zip(padded, maps, got[..., 0], strict=True):
        offset = centre - matrix[:, :2] @ centre + matrix[:, 2] + 4
        expected = ndimage.affine_transform(image, matrix[:, :2], offset, (20, 14), order=order, cval=0)
        difference = np.abs(expected - found)
        # Half-way between two pixels, rounding decides.
        assert (difference > 0.51).mean() < 0.01


def test_affine_draws_within_its_ranges() -> None:
    maps = Affine(rotation=30, scale=0.2, shear=0, shift=2)._inverse_maps(5000, np.random.default_rng(0))
    scale = 1 / np.sqrt(np.linalg.det(maps[:, :, :2]))
    angle = np.rad2deg(np.arctan2(-maps[:, 1, 0], maps[:, 1, 1]))
    for values, limit, middle in ((scale, 0.2, 1), (angle, 30, 0), (maps[:, :, 2], 2, 0)):
        assert np.abs(values - middle).max() <= limit * 1.001
        assert np.abs(values - middle).max() > limit * 0.99
        assert np.abs(values.mean() - middle) < limit * 0.05


@pytest.mark.parametrize("noise", [True, False])
def test_erasing_erases_one_rectangle(noise: bool) -> None:
    images = np.full((4000, 20, 30, 1), 77, np.uint8)
    got = RandomErasing(0.5, 0.05, 0.3, noise).apply(images.copy(), np.random.default_rng(0))
    erased = (got != 77)[..., 0]
    touched = erased.any(axis=(1, 2))
    assert 0.46 < touched.mean() < 0.54
    for one in erased[touched][:200]:
        rows, columns = np.flatnonzero(one.any(axis=1)), np.flatnonzero(one.any(axis=0))
        box = one[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert box.mean() > (0.9 if noise else 0.999)
    share = erased[touched].mean(axis=(1, 2))
    assert share.min() > 0.03
    assert share.max() < 0.33
    assert (got[touched][erased[touched]] == 0).all() != noise


def test_noise_has_its_deviation_and_stays_in_range() -> None:
    grey = np.full((50, 28, 28, 1), 128, np.uint8)
    got = GaussianNoise(0.1).apply(grey.copy(), np.random.default_rng(0)).astype(float) - 128
    assert abs(got.mean()) < 0.5
    assert got.std() == pytest.approx(25.5, rel=0.02)
    black = GaussianNoise(0.5).apply(np.zeros((50, 28, 28, 1), np.uint8), np.random.default_rng(0))
    assert (black == 0).mean() == pytest.approx(0.5, abs=0.02)


def test_mixup_blends_inputs_and_labels_alike() -> None:
    # Inputs that are their own labels: what happens to one must happen to the other.
    shares = np.eye(6, dtype=np.float32)[np.arange(30) % 6]
    inputs = shares.reshape(30, 2, 3, 1).copy()
    Mixup(1.0).mix(inputs, shares, np.random.default_rng(3))
    np.testing.assert_array_equal(inputs.reshape(30, 6), shares)
    weights = np.unique(np.round(shares, 6))
    assert 2 < len(weights) <= 4, "0, λ, 1 - λ, and 1 for a sample that met its own class"


def test_cutmix_pastes_one_rectangle_and_counts_its_area() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        inputs = np.repeat(np.arange(8, dtype=np.float32), 12 * 10).reshape(8, 12, 10, 1)
        shares = np.eye(8, dtype=np.float32)
        CutMix(1.0, 1.0).mix(inputs, shares, rng)
        for sample in range(8):
            own = (inputs[sample] == sample).mean()
            assert shares[sample, sample] == pytest.approx(own, abs=1e-6)
            assert len(np.unique(inputs[sample])) <= 2


def test_a_chain_does_one_after_the_other() -> None:
    images = random_images(16, 9, 9, 1)
    rng = np.random.default_rng(4)
    expected = GaussianNoise(0.1).apply(Shift(2).apply(images.copy(), rng), rng)
    chain = Chain({"shift": Shift(2), "noise": GaussianNoise(0.1)})
    np.testing.assert_array_equal(chain.apply(images.copy(), np.random.default_rng(4)), expected)
    assert not chain.mixes
    assert Chain({"a": Shift(1), "b": Mixup()}).mixes


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Affine(rotation=200), r"^rotation must be in \[0, 180\], found 200"),
        (lambda: Affine(scale=-0.1), "^scale must be in"),
        (lambda: Affine(interpolation="cubic"), "^interpolation must be one of nearest, bilinear"),
        (lambda: Affine(interpolation="bilinaer"), "Did you mean 'bilinear'"),
        (lambda: RandomErasing(2), "^probability must lie between"),
        (lambda: RandomErasing(least=0), r"^least must be in \(0, 1\]"),
        (lambda: RandomErasing(least=0.5, largest=0.2), r"^largest must be in \[0.5, 1\]"),
        (lambda: GaussianNoise(-1), "^deviation must be"),
        (lambda: Mixup(0), "^alpha must be"),
        (lambda: CutMix(alpha=-1), "^alpha must be"),
        (lambda: CutMix(probability=1.5), "^probability must lie between"),
        (lambda: Chain({}), "^steps must hold at least one"),
        (lambda: Chain({"a": 3}), "^steps.a must be an augmentation"),
    ],
)
def test_bad_values_are_named(make: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        make()


def test_values_out_of_range_are_named() -> None:
    with pytest.raises(UserError, match=r"^probability must lie between 0 and 1, found 1.5"):
        HorizontalFlip(1.5)
    with pytest.raises(UserError, match=r"^probability"):
        HorizontalFlip(float("nan"))
    with pytest.raises(UserError, match=r"^pixels must not be negative, found -1"):
        Shift(-1)
