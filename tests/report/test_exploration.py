"""The exploration's sentences, page and terminal text."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from data.files_of_ones_own import labels_of, pictures, rows_of, write_csv
from swatch.data.augmentations.shift import Shift
from swatch.data.csv import CSV
from swatch.data.exploring.exploration import Exploration, explore
from swatch.data.fashion_mnist import FashionMNIST
from swatch.errors import UserError
from swatch.report.exploration import page, terminal
from swatch.report.exploration.augmenting import augment_all
from swatch.report.exploration.findings import findings, headline
from swatch.report.exploration.pictures import Pictures, as_text


def explored(tmp_path: Path, images: Any, labels: Any, *, shape: Any = None, test: Any = None) -> Exploration:
    other = None if test is None else str(write_csv(tmp_path / "test.csv", rows_of(*test)))
    path = write_csv(tmp_path / "mine.csv", rows_of(images, labels))
    return explore(CSV(file=str(path), test_file=other, image_shape=shape), test=test is not None)


def sentences(exploration: Exploration) -> dict[str, bool]:
    return {finding.text: finding.is_warning for finding in findings(exploration)}


def shown(exploration: Exploration, augmented: Any = (), width: int = 100) -> str:
    out = Console(file=io.StringIO(), width=width, highlight=False)
    terminal.show(exploration, augmented, out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_an_ordinary_data_set_has_no_warnings(slice_folder: Path) -> None:
    exploration = explore(FashionMNIST(folder=str(slice_folder), checksums=None), test=True)
    assert headline(exploration) == "Fashion-MNIST: 2,500 grey images of 28×28 pixels, 10 classes"
    found = sentences(exploration)
    assert not any(found.values())
    assert "The classes are balanced: 180 training images each." in found
    assert "No image occurs twice among the 2,500." in found
    text = shown(exploration)
    assert "Ankle boot" in text
    assert "not opened" not in text


def test_what_is_wrong_comes_first_and_is_told(tmp_path: Path) -> None:
    images = pictures(60, (4, 4))
    labels = ["often"] * 48 + ["seldom"] * 12
    images[50:52] = images[50]
    images[0] = images[59]
    images[30:34] = 7
    test = pictures(3, (4, 4), seed=2) // 4 + 190
    exploration = explored(tmp_path, images, labels, test=(test, ["often"] * 3))
    found = sentences(exploration)
    warnings = [text for text, is_warning in found.items() if is_warning]
    assert list(found)[: len(warnings)] == warnings
    text = "\n".join(warnings)
    assert "The test part has no image of seldom." in text
    assert "times as many. Judge by the balanced accuracy too" in text
    assert "1 image has copies with different labels." in text
    assert "nearly empty: the pixels' standard deviation is below 8 of 255." in text
    assert "The test images differ from the training images: " in text
    assert "\n! The test part" in shown(exploration)
    html = page.render(exploration, (), "swatch data explore csv")
    assert "Images that occur more than once" in html
    assert "often / seldom" in html
    assert "The test set was opened" in html


def test_copies_across_parts_are_warned_of(tmp_path: Path) -> None:
    images = pictures(40, (4, 4))
    images[:] = images[np.arange(40) // 2]
    exploration = explored(tmp_path, images, labels_of(40, ["a", "a", "b", "b"]))
    shared = exploration.copies.shared(0, 1)
    assert shared
    assert any(text.startswith(f"{shared} validation image") for text in sentences(exploration))


def test_equal_data_sets_give_equal_pages(slice_folder: Path) -> None:
    pages = []
    for _ in range(2):
        exploration = explore(FashionMNIST(folder=str(slice_folder), checksums=None))
        pages.append(page.render(exploration, augment_all(exploration, ()), "swatch data explore"))
    assert pages[0] == pages[1]
    assert len(pages[0]) < 1_000_000
    assert "The test set was not opened." in pages[0]
    assert not re.search(r"(src|href)=\"(?!data:)", pages[0])


@pytest.mark.parametrize(
    ("count", "shape", "classes"), [(300, (64, 64, 3), 10), (768, (28, 28, 1), 256), (300, (96, 40, 1), 3)]
)
def test_the_page_stays_small_whatever_the_images(
    count: int, shape: tuple[int, int, int], classes: int, tmp_path: Path
) -> None:
    """Random pixels compress worst."""
    images = pictures(count, shape)
    exploration = explored(tmp_path, images, labels_of(count, range(classes)), shape=list(shape))
    html = page.render(exploration, augment_all(exploration, ()), "swatch data explore csv")
    assert 200_000 < len(html.encode()) < 3_000_000


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", "[red]x[/red]", "é\N{BEETLE}"]
    exploration = explored(tmp_path, pictures(), labels_of(30, names))
    html = page.render(exploration, (), "swatch data explore 'a&b'")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "a&amp;b" in html
    assert "[red]x[/red]" in shown(exploration)


def test_every_augmentation_is_applied_to_the_same_images(slice_folder: Path, repository: Path) -> None:
    exploration = explore(FashionMNIST(folder=str(slice_folder), checksums=None))
    found = {each.name: each for each in augment_all(exploration, ())}
    assert next(iter(found)) == "none"
    assert set(found) == {path.stem for path in (repository / "conf" / "augmentation").glob("*.yaml")}
    originals = found["none"]
    assert originals.changed == originals.change == 0
    part = exploration.training
    rows = [part.rows[part.labels == label][0] for label in range(10)]
    assert np.array_equal(originals.images, part.data.images[rows])
    for name, each in found.items():
        assert not each.trouble
        assert each.description
        assert each.images.shape == (10, 28, 28, 1)
        assert (each.changed > 0) == (name != "none")
        assert np.array_equal(each.images, originals.images) == (name == "none")
    assert np.array_equal(found["flip"].images[0], originals.images[0][:, ::-1]) or np.array_equal(
        found["flip"].images[0], originals.images[0]
    )
    text = shown(exploration, list(found.values()))
    assert all(name in text for name in found)


def test_one_augmentation_with_values_of_ones_own(slice_folder: Path) -> None:
    exploration = explore(FashionMNIST(folder=str(slice_folder), checksums=None))
    (each,) = augment_all(exploration, ("augmentation=flip", "augmentation.probability=1.0"))
    assert each.name == "flip"
    assert each.changed > 0.99
    part = exploration.training
    rows = [part.rows[part.labels == label][0] for label in range(10)]
    assert np.array_equal(each.images, part.data.images[rows][:, :, ::-1])


def test_an_augmentation_that_cannot_be_used_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise UserError("these images are too small")

    monkeypatch.setattr(Shift, "apply", refuse)
    exploration = explored(tmp_path, pictures(30, (2, 2)), labels_of(30))
    found = augment_all(exploration, ())
    troubles = {each.name: each.trouble for each in found if each.trouble}
    assert troubles["shift"] == "these images are too small"
    assert "flip" not in troubles
    html = page.render(exploration, found, "swatch data explore csv")
    assert "cannot be used on these images: these images are too small" in html
    assert "these images are too small" in shown(exploration, found)
    # Whoever chooses it is refused.
    with pytest.raises(UserError, match="too small"):
        augment_all(exploration, ("augmentation=shift",))


def test_pictures_fit_the_budget_and_keep_their_form() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 20, 3), dtype=np.uint8)
    whole = Pictures(10, (40, 20, 3))(image)
    assert whole.startswith("data:image/png;base64,")
    small = Pictures(1000, (40, 20, 3), budget=1_000_000)
    assert len(small(image)) <= 1000
    width, height = small._size or (0, 0)
    assert 0 < width < height < 40


def test_a_picture_as_text() -> None:
    image = np.zeros((8, 8, 1), np.uint8)
    image[:, 4:] = 90
    assert as_text(image, 8) == ["    ████"] * 4
    assert as_text(np.full((4, 4, 3), 9, np.uint8), 4) == ["    "] * 2


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_terminal_text_keeps_within_the_width(width: int, slice_folder: Path) -> None:
    text = shown(explore(FashionMNIST(folder=str(slice_folder), checksums=None)), width=width)
    drawn = [line for line in text.splitlines() if set(line) & set("░▒▓")]
    assert drawn
    assert max(map(len, drawn)) <= width
