"""Folders of images: what is read, what is refused, and how images of all kinds become alike."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data.files_of_ones_own import labels_of, pictures, write_folder
from swatch.data import image_reader
from swatch.data.image_folder import ImageFolder
from swatch.data.source import Source
from swatch.errors import UserError

IMAGES = pictures(12)
LABELS = labels_of(12)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "animals", IMAGES, LABELS)


def read(folder: Path, **options: Any) -> ImageFolder:
    return ImageFolder(folder=str(folder), **options)


def test_a_folder_for_each_class(folder: Path) -> None:
    source: Source = read(folder)
    data = source.training_set()
    order = np.argsort(LABELS, kind="stable")
    assert source.title == "animals"
    assert source.class_names == ("cat", "dog", "eel")
    assert source.image_shape == (4, 4, 1)
    assert np.array_equal(data.images[..., 0], IMAGES[order])
    assert data.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert isinstance(data.images, np.memmap)
    assert not source.files()
    training, validation = source.split(data.labels)
    assert len(training) + len(validation) == 12


def test_numbers_are_ordered_as_numbers(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "f", IMAGES, labels_of(12, ["10", "9", "1"]))
    assert read(folder).class_names == ("1", "9", "10")


def test_litter_is_passed_over_and_folders_within_belong_to_their_class(folder: Path) -> None:
    for litter in (".DS_Store", "Thumbs.db", "cat/.hidden.png", "cat/desktop.ini", "README.txt"):
        (folder / litter).write_text("no image")
    for litter in (".ipynb_checkpoints", "__MACOSX", "dog/.cache"):
        (folder / litter).mkdir()
        (folder / litter / "x.png").write_text("no image")
    (folder / "cat" / "more").mkdir()
    Image.fromarray(IMAGES[0]).save(folder / "cat" / "more" / "a.png")
    source = read(folder)
    assert source.class_names == ("cat", "dog", "eel")
    assert np.bincount(source.training_set().labels).tolist() == [5, 4, 4]


def test_bad_files_are_refused_by_name_or_dropped(folder: Path, capsys: Any) -> None:
    (folder / "cat" / "notes.png").write_text("no image")
    good = (folder / "dog" / "0001.png").read_bytes()
    (folder / "dog" / "0001.png").write_bytes(good[: len(good) // 2])
    (folder / "stray.png").write_bytes(good)
    with pytest.raises(UserError) as error:
        read(folder).prepare()
    text = str(error.value)
    assert text.startswith(f"{folder}: cannot use 3 of 14 files (")
    for part in (
        "1 in no class's folder",
        "1 no images",
        "1 damaged",
        "stray.png lies in no class's folder",
        "cat/notes.png is no image that Pillow can read",
        "dog/0001.png cannot be read: ",
    ):
        assert part in text
    assert text.endswith("Mend them, or leave them out with data.bad_images=drop.")
    source = read(folder, bad_images="drop")
    assert len(source.training_set()) == 11
    assert source.cleaning().dropped == 3
    assert "left out 3 of 14 files" in capsys.readouterr().err


def test_a_link_that_leads_nowhere_is_named(folder: Path) -> None:
    (folder / "cat" / "gone.png").symlink_to("nowhere.png")
    with pytest.raises(
        UserError,
        match=r"1 of 13 files \(1 unreadable\): cat/gone\.png cannot be read: No such file or directory\.",
    ):
        read(folder).prepare()
    assert len(read(folder, bad_images="drop").training_set()) == 12


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def refuse(path: Any) -> Any:
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UserError, match=r"animals/dog cannot be read: Permission denied"):
        read(folder).prepare()


def test_a_picture_that_unpacks_to_too_much(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 15)
    with pytest.raises(
        UserError, match=r"12 of 12 files \(12 too large\): cat/0000\.png unpacks to more than"
    ):
        read(folder).prepare()


def test_images_of_several_sizes_need_one(folder: Path) -> None:
    Image.new("L", (9, 5)).save(folder / "cat" / "wide.png")
    with pytest.raises(UserError, match=r"images of 2 sizes, from 4x4 to 5x9: .*data\.size=\[HEIGHT,WIDTH\]"):
        read(folder).prepare()
    assert read(folder, size=[6, 8], colours="rgb").image_shape == (6, 8, 3)


def one(tmp_path: Path, image: Image.Image, **options: Any) -> Any:
    """Read one image back, with another class beside it; its pixels, channels last."""
    folder = tmp_path / "one"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        image.save(folder / name / "i.png", exif=image.getexif())
    pixels = read(folder, **options).training_set().images[0]
    return pixels[..., 0].tolist() if pixels.shape[-1] == 1 else pixels.tolist()


def test_every_kind_of_image_becomes_bytes(tmp_path: Path) -> None:
    cases: dict[str, tuple[Image.Image, dict[str, Any], Any]] = {
        "grey": (Image.fromarray(np.array([[0, 9, 255]], np.uint8)), {}, [[0, 9, 255]]),
        "inverted": (Image.fromarray(np.array([[0, 9, 255]], np.uint8)), {"invert": True}, [[255, 246, 0]]),
        "bits": (Image.fromarray(np.array([[True, False]])), {}, [[255, 0]]),
        "16 bits": (Image.fromarray(np.array([[0, 65535, 32768]], np.uint16)), {}, [[0, 255, 128]]),
        "colour": (Image.new("RGB", (1, 1), (255, 0, 0)), {"colours": "rgb"}, [[[255, 0, 0]]]),
        "colour to grey": (Image.new("RGB", (1, 1), (255, 0, 0)), {}, [[76]]),
        "grey to colour": (Image.new("L", (1, 1), 7), {"colours": "rgb"}, [[[7, 7, 7]]]),
        "palette": (Image.new("RGB", (1, 1), (9, 9, 9)).convert("P"), {}, None),
        "transparent": (Image.new("RGBA", (1, 1), (255, 255, 255, 0)), {}, [[0]]),
        "on white": (Image.new("RGBA", (1, 1), (0, 0, 0, 0)), {"background": 255}, [[255]]),
        "on white, inverted": (
            Image.new("RGBA", (1, 1), (0, 0, 0, 0)),
            {"background": 255, "invert": True},
            [[255]],
        ),
    }
    for name, (image, options, expected) in cases.items():
        found = one(tmp_path / name, image, **options)
        assert expected is None or found == expected, name


@pytest.mark.parametrize(("levels", "expected"), [([0.0, 1.0], [0, 255]), ([0.0, 200.0], [0, 200])])
def test_floating_point_images(levels: list[float], expected: list[int], tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "f" / name).mkdir(parents=True)
        Image.fromarray(np.array([levels], np.float32)).save(tmp_path / "f" / name / "i.tiff")
    assert read(tmp_path / "f").training_set().images[0].ravel().tolist() == expected


def test_cameras_that_were_turned(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[1, 2, 3]], np.uint8))
    image.getexif()[0x0112] = 6  # a quarter turn clockwise
    assert one(tmp_path, image) == [[1], [2], [3]]


@pytest.mark.parametrize(
    ("fit", "column"),
    [("pad", [7, 200, 200, 7]), ("crop", [200, 200, 200, 200]), ("stretch", [200, 200, 200, 200])],
)
def test_ways_to_fit(fit: Any, column: list[int], tmp_path: Path) -> None:
    found = one(tmp_path, Image.new("L", (8, 4), 200), size=[4, 4], fit=fit, background=7)
    assert [row[2] for row in found] == column


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, r"name the folder with a folder of images for each class: data\.folder=FOLDER"),
        ({"folder": "nowhere"}, r"data\.folder=.*nowhere is not a folder"),
        ({"folder": ".", "size": [28]}, r"size must be \[height, width\]"),
        ({"folder": ".", "size": [0, 28]}, r"size must be \[height, width\]"),
        ({"folder": ".", "background": 256}, "background must lie between 0"),
    ],
)
def test_settings_that_cannot_be(options: dict[str, Any], text: str) -> None:
    with pytest.raises(UserError, match=text):
        ImageFolder(**options).prepare()


def test_images_that_lie_loose(tmp_path: Path) -> None:
    folder = tmp_path / "loose"
    folder.mkdir()
    Image.fromarray(IMAGES[0]).save(folder / "a.png")
    text = r"a folder of images for each of 2 to 256 classes: found 0 \(none\), and 1 image beside them"
    with pytest.raises(UserError, match=text):
        read(folder).prepare()


def test_a_class_without_images(folder: Path) -> None:
    (folder / "fox").mkdir()
    with pytest.raises(UserError, match="animals holds no images for: fox"):
        read(folder).prepare()


def test_the_test_folder_has_the_classes_of_the_training_folder(folder: Path, tmp_path: Path) -> None:
    other = write_folder(tmp_path / "test", IMAGES[:2], ["eel", "dog"])
    source = read(folder, test_folder=str(other))
    assert source.has_test_set
    assert source.test_set().labels.tolist() == [1, 2]
    write_folder(other, IMAGES[:1], ["dogg"])
    with pytest.raises(UserError, match=r"dogg/0000\.png is of no known class\. Did you mean 'dog'\?"):
        read(folder, test_folder=str(other)).test_set()
    assert not read(folder).has_test_set
    with pytest.raises(UserError, match=r"name a folder of them with data\.test_folder"):
        read(folder).test_set()


def test_it_is_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not read(folder).is_here()
    read(folder).prepare()
    with monkeypatch.context() as patch:
        patch.setattr(image_reader, "load", lambda *_: pytest.fail("read again"))
        assert len(read(folder).training_set()) == 12
    path = folder / "cat" / "0000.png"
    stream = io.BytesIO()
    Image.new("L", (4, 4), 77).save(stream, "PNG")
    path.write_bytes(stream.getvalue())
    assert read(folder).training_set().images[0, 0, 0] == 77
    os.utime(path, (1, 1))
    assert not read(folder).is_here()
    path.unlink()
    assert len(read(folder).training_set()) == 11
