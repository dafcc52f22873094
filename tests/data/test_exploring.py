"""What is found in a data set, against plain counting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.files_of_ones_own import labels_of, pictures, rows_of, write_csv
from swatch.data.csv import CSV
from swatch.data.exploring import parts as parts_module
from swatch.data.exploring.copies import Member, find_copies
from swatch.data.exploring.exploration import explore
from swatch.data.exploring.parts import look, measure
from swatch.data.fashion_mnist import FashionMNIST
from swatch.data.source import Dataset
from swatch.errors import UserError


def dataset(images: Any, labels: Any) -> Dataset:
    return Dataset(np.asarray(images, np.uint8), np.asarray(labels, np.uint8))


@pytest.mark.parametrize("block", [1, 7, 1024])
@pytest.mark.parametrize("channels", [1, 3])
def test_figures_are_those_of_the_pixels(block: int, channels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_module, "_BLOCK", block)
    images = pictures(20, (5, 6, channels))
    labels = np.arange(20) % 3
    rows = np.array([0, 3, 4, 6, 9, 12, 13, 19])
    part = measure("training", dataset(images, labels), rows, 4)
    chosen = images[rows]
    assert len(part) == 8
    assert part.counts.tolist() == np.bincount(labels[rows], minlength=4).tolist()
    assert part.histogram.sum() == chosen.size
    assert part.histogram[255] == (chosen == 255).sum()
    assert part.mean == pytest.approx(chosen.mean())
    assert part.deviation == pytest.approx(chosen.std())
    assert part.contrasts == pytest.approx(chosen.reshape(8, -1).std(axis=1), rel=1e-5)
    looks = look(part, 0, samples=3)
    assert looks is not None
    of_class = images[rows[labels[rows] == 0]]
    assert looks.mean == pytest.approx(of_class.mean(axis=0))
    assert looks.deviation == pytest.approx(of_class.std(axis=0), abs=1e-3)
    assert len(looks.samples) == 3
    assert set(labels[looks.samples]) == {0}
    assert look(part, 3, samples=3) is None


def test_nearly_empty_images_come_first() -> None:
    images = pictures(6, (8, 8, 1))
    images[2] = 200
    images[4] = 10
    images[4, 0, 0] = 40
    part = measure("training", dataset(images, [0] * 6), np.arange(6), 2)
    assert part.nearly_empty.tolist() == [2, 4]


def test_copies_within_and_between_parts_and_with_other_labels() -> None:
    images = pictures(8, (3, 3, 1))
    images[1] = images[0]
    images[5] = images[0]
    images[6] = images[3]
    data = dataset(images, [0, 0, 1, 1, 0, 0, 0, 1])
    other = dataset(images[[7, 7]], [1, 1])
    found = find_copies(
        [
            measure("training", data, np.array([0, 1, 2, 3]), 2),
            measure("validation", data, np.array([4, 5, 6, 7]), 2),
            measure("test", other, np.array([0, 1]), 2),
        ]
    )
    assert found.groups == [
        (Member(0, 0, 0), Member(0, 1, 0), Member(1, 5, 0)),
        (Member(0, 3, 1), Member(1, 6, 0)),
        (Member(1, 7, 1), Member(2, 0, 1), Member(2, 1, 1)),
    ]
    assert [found.within(part) for part in range(3)] == [1, 0, 1]
    assert found.shared(0, 1) == 2
    assert found.shared(1, 2) == 2
    assert found.shared(0, 2) == 0
    assert found.contradictions == [found.groups[1]]
    assert found.leaks == list(found.groups)


def test_the_test_files_are_not_opened_unless_asked_for(slice_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "train only"
    folder.mkdir()
    for path in slice_folder.glob("train-*"):
        (folder / path.name).symlink_to(path)
    exploration = explore(FashionMNIST(folder=str(folder), checksums=None))
    assert [part.name for part in exploration.parts] == ["training", "validation"]
    assert exploration.images == 2000
    assert not exploration.test_opened
    with pytest.raises(UserError, match="t10k-images"):
        explore(FashionMNIST(folder=str(folder), checksums=None), test=True)
    exploration = explore(FashionMNIST(folder=str(slice_folder), checksums=None), test=True)
    assert [len(part) for part in exploration.parts] == [1800, 200, 500]
    assert exploration.test_opened
    assert all(looks is not None and len(looks.samples) == 12 for looks in exploration.classes)


def test_what_was_dropped_is_told(tmp_path: Path) -> None:
    rows = rows_of(pictures(), labels_of(30))
    rows[4][2] = ""
    source = CSV(file=str(write_csv(tmp_path / "t.csv", rows)), bad_rows="drop")
    (text,) = explore(source).cleaning
    assert text.startswith(
        "Left out when the training and validation images were read: 1 of 30 lines (1 with"
    )
    assert "line 5 has no value in column 3" in text
