"""What a network is shown of image files: as its data set's images look, whatever the file is like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from swatch.data.idx import map_array
from swatch.data.image_reader import Look, load
from swatch.evaluation.images import UnreadableImageError, open_photograph
from swatch.evaluation.images_background import is_light
from swatch.evaluation.images_placement import Placement
from swatch.evaluation.images_trained import TrainedLook

Picture = NDArray[np.uint8]
SHAPE = (28, 28, 1)
BOX = Placement(SHAPE, "box")
MASS = Placement(SHAPE, "mass")


def boot() -> Picture:
    """Something of the data set's kind: as wide as the frame, 17 pixels high, different in all directions."""
    image = np.zeros((28, 28), np.uint8)
    image[6:23, 14:] = 120
    image[17:23] = 200
    image[21:23, :6] = 255
    image[6:9, 24:] = 60
    return image


def saved(folder: Path, values: NDArray[Any], name: str = "image.png", **options: Any) -> Path:
    Image.fromarray(values).save(folder / name, **options)
    return folder / name


def enlarged(image: Picture, factor: int, border: tuple[int, int, int, int] = (0, 0, 0, 0)) -> Picture:
    top, bottom, left, right = border
    return np.pad(np.kron(image, np.ones((factor, factor), np.uint8)), ((top, bottom), (left, right)))


def difference(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Mean absolute difference in bytes."""
    return float(np.abs(first.astype(float) - second).mean())


@pytest.fixture(scope="session")
def clothes(slice_folder: Path) -> Picture:
    """Real images of the data set."""
    (path,) = slice_folder.glob("t10k-images*")
    images: Picture = map_array(path, 3)[:120]
    return images


def test_images_of_the_data_set_are_taken_as_they_are(clothes: Picture, tmp_path: Path) -> None:
    for placement in (BOX, MASS):
        for image in clothes[:40]:
            view = placement.view(saved(tmp_path, image))
            assert np.array_equal(view.pixels[..., 0], image)
            assert not view.inverted and view.remarks == ()


def test_enlarged_and_inverted_images_of_the_data_set_come_back(clothes: Picture, tmp_path: Path) -> None:
    same = 0
    for image in clothes:
        large = 255 - enlarged(image, 5, (40, 10, 25, 60))
        view = BOX.view(saved(tmp_path, large))
        assert view.inverted
        same += np.array_equal(view.pixels[..., 0], image)
    # Where the faintest pixels lie at the edge, the box is a pixel smaller; few are not centred themselves.
    assert same > 0.9 * len(clothes)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    height=st.integers(4, 28),
    upright=st.booleans(),
    factor=st.integers(2, 9),
    border=st.tuples(*[st.integers(12, 90)] * 4),
    inverted=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_centred_object_of_any_form_comes_back(
    tmp_path: Path,
    height: int,
    upright: bool,
    factor: int,
    border: tuple[int, int, int, int],
    inverted: bool,
    seed: int,
) -> None:
    """Any object whose longest edge is the frame's is found, cut out, scaled and centred without a change."""
    image = np.zeros((28, 28), np.uint8)
    top = (29 - height) // 2
    image[top : top + height] = np.random.default_rng(seed).integers(30, 256, (height, 28))
    image = image.T if upright else image
    large = enlarged(image, factor, border)
    view = BOX.view(saved(tmp_path, 255 - large if inverted else large))
    assert view.inverted == inverted
    assert np.array_equal(view.pixels[..., 0], image)
    assert view.size == large.shape[::-1]


@pytest.mark.parametrize(
    ("name", "convert", "options"),
    [
        ("a.png", lambda image: image, {}),
        ("a.png", lambda image: image.convert("RGB"), {}),
        ("a.gif", lambda image: image.convert("P"), {}),
        ("a.png", lambda image: image.convert("P"), {}),
        ("a.png", lambda image: image.convert("LA"), {}),
        ("a.webp", lambda image: image.convert("RGB"), {"lossless": True}),
        ("a.bmp", lambda image: image, {}),
        ("a.tiff", lambda image: image.convert("CMYK"), {}),
        ("a.png", lambda image: Image.fromarray(np.asarray(image, np.uint16) * np.uint16(257)), {}),
        ("a.tiff", lambda image: Image.fromarray(np.asarray(image, np.float32) / 255), {}),
        ("a.tiff", lambda image: Image.fromarray(np.asarray(image, np.float32)), {}),
    ],
)  # fmt: skip
def test_formats_without_loss_give_the_same_picture(
    tmp_path: Path, name: str, convert: Callable[[Image.Image], Image.Image], options: dict[str, Any]
) -> None:
    convert(Image.fromarray(enlarged(boot(), 6, (20, 30, 10, 5)))).save(tmp_path / name, **options)
    assert np.array_equal(BOX.view(tmp_path / name).pixels[..., 0], boot())


def test_jpeg_loses_little(tmp_path: Path) -> None:
    path = saved(tmp_path, 255 - enlarged(boot(), 20, (50, 90, 33, 70)), "a.jpg", quality=70)
    assert difference(BOX.view(path).pixels[..., 0], boot()) < 3


def test_what_does_not_fit_exactly_is_averaged_not_distorted(tmp_path: Path) -> None:
    tall = np.zeros((300, 300), np.uint8)
    tall[20:290, 100:199] = 200
    rows, columns = np.nonzero(BOX.view(saved(tmp_path, tall)).pixels[..., 0])
    assert (rows.min(), rows.max()) == (0, 27)
    assert (columns.min(), columns.max()) == (9, 18)  # 99 / 270 of 28 are 10


def test_small_images_are_enlarged(tmp_path: Path) -> None:
    small = np.zeros((14, 20), np.uint8)
    small[2:12, 5:15] = 255
    assert BOX.view(saved(tmp_path, small)).pixels.min() > 200


@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_as_the_camera_meant(tmp_path: Path, orientation: int) -> None:
    upright = enlarged(boot(), 8, (10, 20, 30, 40))
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, np.ascontiguousarray(turned[orientation]), exif=exif)
    assert np.array_equal(BOX.view(path).pixels[..., 0], boot())


@pytest.mark.parametrize("brightness", [30, 240])
def test_a_cutout_stands_out_whatever_its_brightness(tmp_path: Path, brightness: int) -> None:
    """Dark things are put on white, light ones on black: either way they end up light on dark."""
    opacity = enlarged(np.where(boot() > 0, 255, 0).astype(np.uint8), 10, (30, 0, 0, 50))
    grey = np.full_like(opacity, brightness)
    path = saved(tmp_path, np.stack([grey, grey, grey, opacity], axis=-1))
    seen = BOX.view(path).pixels[..., 0]
    expected = max(brightness, 255 - brightness)
    assert difference(seen, np.where(boot() > 0, expected, 0)) < 2


@pytest.mark.parametrize(("invert", "level"), [("no", 30), ("yes", 225)])
def test_an_inversion_that_is_asked_for_decides_the_background(
    tmp_path: Path, invert: Any, level: int
) -> None:
    """A dark cutout is kept dark on the data set's black ground, or made light on it."""
    opacity = enlarged(np.where(boot() > 0, 255, 0).astype(np.uint8), 10, (30, 0, 0, 50))
    grey = np.full_like(opacity, 30)
    path = saved(tmp_path, np.stack([grey, grey, grey, opacity], axis=-1))
    assert difference(BOX.view(path, invert).pixels[..., 0], np.where(boot() > 0, level, 0)) < 2


def test_inversion_can_be_refused_and_forced(tmp_path: Path) -> None:
    dark_on_light = saved(tmp_path, 255 - boot())
    assert np.array_equal(BOX.view(dark_on_light, "no").pixels[..., 0], 255 - boot())
    assert np.array_equal(BOX.view(dark_on_light, "yes").pixels[..., 0], boot())
    large = saved(tmp_path, 255 - enlarged(boot(), 9, (40, 10, 20, 30)), "large.png")
    assert np.array_equal(BOX.view(large, "no").pixels[..., 0], 255 - boot())
    assert "inverted" in BOX.view(large).remarks[0]


def test_a_network_of_dark_on_light_images_gets_them(tmp_path: Path) -> None:
    placement = Placement(SHAPE, "box", light_ground=True)
    for values in (enlarged(boot(), 9, (40, 10, 20, 30)), 255 - enlarged(boot(), 9, (40, 10, 20, 30))):
        assert np.array_equal(placement.view(saved(tmp_path, values)).pixels[..., 0], 255 - boot())


def test_the_background_of_the_data_set_is_told_for_every_kind_of_clothes(clothes: Picture) -> None:
    assert sum(is_light(image.astype(np.float32)) for image in clothes) == 0
    assert sum(is_light(255 - image.astype(np.float32)) for image in clothes) == len(clothes)


def photograph(seed: int) -> tuple[Picture, Picture]:
    """Return a dark object on an unevenly lit, noisy wall, and what a network should see of it."""
    random = np.random.default_rng(seed)
    wall = np.linspace(225, 170, 800)[None] + np.linspace(15, -15, 600)[:, None]
    wall[100:520, 250:670] *= 1 - 0.9 / 255 * enlarged(boot(), 15)
    wall += random.normal(0, 4, wall.shape)
    return wall.clip(0, 255).astype(np.uint8), boot()


def test_a_photograph_with_uneven_light_is_cut_to_its_object(tmp_path: Path) -> None:
    values, expected = photograph(0)
    view = BOX.view(saved(tmp_path, values, "photo.jpg", quality=85))
    seen = view.pixels[..., 0].astype(float)
    assert view.inverted and "cut to its object" in " ".join(view.remarks)
    assert np.corrcoef(seen.ravel(), expected.ravel())[0, 1] > 0.98
    assert seen[expected == 0].max() < 30


def test_a_crowded_picture_is_used_whole(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 200)).astype(np.uint8)
    view = BOX.view(saved(tmp_path, noise), "no")
    assert "the background is uneven: the whole picture is used" in view.remarks
    columns = np.flatnonzero(view.pixels[..., 0].any(axis=0))
    assert (columns[0], columns[-1]) == (5, 23)  # 200 / 300 of 28 are 19


def test_a_picture_of_one_colour_is_named_as_such(tmp_path: Path) -> None:
    view = BOX.view(saved(tmp_path, np.full((60, 50), 130, np.uint8)))
    assert np.all(view.pixels == 130)
    assert view.remarks == ("nothing stands out: it is of one colour",)


def test_whole_pictures_keep_their_margins(tmp_path: Path) -> None:
    seen = Placement(SHAPE, "whole").view(saved(tmp_path, np.pad(enlarged(boot(), 4), 42))).pixels[..., 0]
    columns = np.flatnonzero(seen.any(axis=0))
    assert (columns[0], columns[-1]) == (6, 21)
    assert not np.array_equal(seen, BOX.view(tmp_path / "image.png").pixels[..., 0])


def test_digits_take_20_pixels_around_their_centre_of_mass(tmp_path: Path) -> None:
    """A thin stem with a heavy foot on one side: the mass is at the centre, not the box."""
    digit = np.zeros((200, 160), np.uint8)
    digit[20:180, 30:46] = 90
    digit[140:180, 30:130] = 90
    seen = MASS.view(saved(tmp_path, 255 - digit)).pixels[..., 0].astype(float)
    rows, columns = np.nonzero(seen)
    assert rows.max() - rows.min() + 1 == 20
    for axis, found in ((0, rows), (1, columns)):
        centre = (seen.sum(axis=1 - axis) * np.arange(28)).sum() / seen.sum()
        at_the_edge = found.min() == 0 or found.max() == 27
        assert abs(centre - 14) <= 0.5 or at_the_edge
    assert seen.max() == 255  # pencil strokes become as bright as the data set's


def test_colour_networks_get_colours(tmp_path: Path) -> None:
    values = np.zeros((64, 32, 3), np.uint8)
    values[..., 0] = 200
    seen = Placement((32, 32, 3), "whole").view(saved(tmp_path, values)).pixels
    assert np.all(seen[:, 8:24] == [200, 0, 0])
    assert not seen[:, :8].any() and not seen[:, 24:].any()
    grey = saved(tmp_path, values[..., 0], "grey.png")
    assert np.all(Placement((32, 32, 3), "whole").view(grey).pixels[:, 8:24] == 200)


def test_an_image_folders_network_sees_files_as_in_training(tmp_path: Path) -> None:
    path = saved(tmp_path, photograph(1)[0])
    look = TrainedLook.from_config({"fit": "crop", "invert": True, "background": 0}, SHAPE)
    expected = load(path, Look((28, 28), "grey", "crop", 0, True, "refuse"))
    view = look.view(path)
    assert np.array_equal(view.pixels, expected) and view.inverted
    assert not look.view(path, "no").inverted
    assert np.abs(look.view(path, "no").pixels.astype(int) - (255 - expected)).max() <= 1


def test_large_pictures_are_made_smaller_first(tmp_path: Path) -> None:
    photograph = open_photograph(saved(tmp_path, np.zeros((4500, 30), np.uint8)))
    assert photograph.values.shape == (1500, 10, 1)
    assert photograph.size == (30, 4500)


@pytest.mark.parametrize("kind", ["missing", "text", "cut", "empty", "folder", "bomb"])
def test_what_gives_no_picture_is_refused_with_a_reason(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, photograph(0)[0], "image.jpg")
    whole = path.read_bytes()
    if kind == "missing":
        path.unlink()
    elif kind == "folder":
        path = tmp_path / "folder"
        path.mkdir()
    elif kind == "bomb":
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    else:
        path.write_bytes({"text": b"hello", "cut": whole[: len(whole) // 2], "empty": b""}[kind])
    reasons = {
        "missing": "does not exist",
        "text": "is no image",
        "cut": "cannot be read",
        "empty": "is no image",
        "folder": "is a folder",
        "bomb": "is too large",
    }
    with pytest.raises(UnreadableImageError, match=reasons[kind]):
        BOX.view(path)
    if kind not in {"bomb", "folder"}:
        with pytest.raises(UnreadableImageError):
            TrainedLook.from_config({}, SHAPE).view(path)
