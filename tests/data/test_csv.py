"""CSV files: how they may be written, what is refused, and that they are read once."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.files_of_ones_own import labels_of, pictures, rows_of, write_csv
from swatch.data import csv_reader, csv_values
from swatch.data.csv import CSV
from swatch.data.labelling import canonical, names_of, numbers_of
from swatch.data.source import Source
from swatch.errors import UserError

IMAGES = pictures()
LABELS = labels_of(len(IMAGES))
ROWS = rows_of(IMAGES, LABELS)
HEADER = ["label", *(f"pixel{place}" for place in range(16))]


def read(path: Path, **options: Any) -> CSV:
    return CSV(file=str(path), **options)


def check(source: Source) -> None:
    """It holds ``IMAGES`` with ``LABELS``."""
    data = source.training_set()
    assert source.image_shape == (4, 4, 1)
    assert np.array_equal(data.images[..., 0], IMAGES)
    assert [source.class_names[label] for label in data.labels] == LABELS
    assert data.images.dtype == data.labels.dtype == np.uint8
    assert isinstance(data.images, np.memmap)
    assert not data.images.flags.writeable


@pytest.mark.parametrize("name", ["train.csv", "train.csv.gz", "table.txt"])
@pytest.mark.parametrize("header", [True, False])
def test_header_or_none_gzipped_or_not(name: str, header: bool, tmp_path: Path) -> None:
    path = write_csv(tmp_path / name, [HEADER, *ROWS] if header else ROWS)
    check(read(path))
    check(read(path, header=header))


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        ([[*row[1:], row[0]] for row in ROWS], {"label_column": -1}),
        ([[*row[1:], row[0]] for row in [HEADER, *ROWS]], {}),
        ([[*row[1:4], row[0], *row[4:]] for row in ROWS], {"label_column": 4}),
        ([["kind", *HEADER[1:]], *ROWS], {"label_column": "kind"}),
        ([["label", *range(16)], *ROWS], {}),
        ([[f'"{cell}"' for cell in row] for row in ROWS], {}),
        ([[f" {cell} " for cell in row] for row in ROWS], {}),
        ([[row[0], *(f"{cell}.0" for cell in row[1:])] for row in ROWS], {}),
        ([[row[0], *(cell / 255 for cell in row[1:])] for row in ROWS], {"maximum": 1}),
    ],
    ids=["last", "last, named", "middle", "name", "numbered", "quoted", "blanks", "decimals", "unit"],
)
def test_ways_to_write_the_same(rows: list[Any], options: dict[str, Any], tmp_path: Path) -> None:
    check(read(write_csv(tmp_path / "t.csv", rows), **options))


@pytest.mark.parametrize("separator", [";", "\t", " "])
def test_separators_line_ends_marks_and_blank_lines(separator: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", ROWS, separator=separator, end="\r\n\r\n")
    path.write_bytes("\N{ZERO WIDTH NO-BREAK SPACE}".encode() + path.read_bytes())
    check(read(path, separator=separator))


def test_more_lines_than_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "_BLOCK", 7)
    check(read(write_csv(tmp_path / "t.csv", [HEADER, *ROWS])))


@pytest.mark.parametrize(
    ("pixels", "given", "shape"),
    [(12, None, (2, 2, 3)), (6, [2, 3], (2, 3, 1)), (8, (2, 2, 2), (2, 2, 2)), (1, None, (1, 1, 1))],
)
def test_the_shape_is_given_or_follows_from_the_width(
    pixels: int, given: Any, shape: tuple[int, int, int], tmp_path: Path
) -> None:
    images = pictures(6, (pixels,)) if pixels > 1 else np.full((6, 1), 9, np.uint8)
    source = read(write_csv(tmp_path / "t.csv", rows_of(images, labels_of(6))), image_shape=given)
    assert source.image_shape == shape
    assert np.array_equal(source.training_set().images.reshape(6, -1), images)


@pytest.mark.parametrize(
    ("labels", "names", "expected"),
    [
        (["10", "9", "-1", "9"], None, ("-1", "9", "10")),
        (["3.0", "1.0", "3", "1"], None, ("1", "3")),
        (["b", "a", "10", "b"], None, ("10", "a", "b")),
        (["1", "0", "cat", "dog"], ["cat", "dog"], ("cat", "dog")),
        (["5", "7", "5", "7"], ["7", "5", "9"], ("7", "5", "9")),
    ],
)
def test_labels_keep_their_names(
    labels: list[str], names: Any, expected: tuple[str, ...], tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "t.csv", rows_of(pictures(4), labels))
    source = read(path, class_names=names, header=False)
    assert source.class_names == expected
    assert source.classes == len(expected)
    found = [source.class_names[label] for label in source.training_set().labels]
    numbers = numbers_of(expected)
    assert found == [expected[numbers[canonical(label)]] for label in labels]


def test_more_classes_than_a_byte_counts() -> None:
    with pytest.raises(UserError, match=r"t\.csv holds 257 different labels"):
        names_of(map(str, range(257)), "t.csv")
    assert len(names_of(map(str, range(256)), "t.csv")) == 256


def test_the_test_file_has_the_classes_of_the_training_file(tmp_path: Path) -> None:
    train = write_csv(tmp_path / "train.csv", ROWS)
    images = pictures(2, seed=1)
    good = write_csv(tmp_path / "test.csv", rows_of(images, ["eel", "dog"]))
    source = read(train, test_file=str(good))
    assert source.has_test_set
    source.prepare()
    assert [file.path for file in source.files()] == [train]
    data = source.test_set()
    assert np.array_equal(data.images[..., 0], images)
    assert data.labels.tolist() == [2, 1]
    assert [file.path for file in source.files()] == [train, good]

    write_csv(good, rows_of(images, ["eel", "fox"]))
    source = read(train, test_file=str(good))
    source.prepare()
    with pytest.raises(
        UserError,
        match=r"test\.csv: .* \(1 of none of the classes cat, dog, eel\): line 2 has the label 'fox'",
    ):
        source.test_set()
    source = read(train)
    assert not source.has_test_set
    with pytest.raises(UserError, match=r"no test images: name a file of them with data\.test_file"):
        source.test_set()


def test_it_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, progress: Any) -> None:
    path = write_csv(tmp_path / "t.csv", ROWS)
    assert not read(path).is_here()
    read(path).prepare(progress)
    assert read(path).is_here()
    assert progress.said[-1].startswith("t.csv: training images: 30 read and checked, kept in ")
    assert progress.transfers[0] == ["t.csv", path.stat().st_size, path.stat().st_size, "end"]
    with monkeypatch.context() as patch:
        patch.setattr(csv_values, "parse", lambda *_: pytest.fail("read again"))
        check(read(path))
        os.utime(path, (1, 1))
        check(read(path))
    # Other contents of the same length and time are another file.
    status = path.stat()
    path.write_text(path.read_text().replace("255", "254", 1))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert read(path).training_set().images[0, 0, 0] == 254
    # And so are other settings.
    assert read(path, image_shape=(2, 8)).image_shape == (2, 8, 1)


@pytest.mark.parametrize("damage", ["images-idx4-ubyte", "labels-idx1-ubyte", "manifest.json"])
def test_a_damaged_cache_is_not_believed(damage: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", ROWS)
    read(path).prepare()
    (kept,) = Path(os.environ["SWATCH_DATA"]).rglob(damage)
    data = bytearray(kept.read_bytes())
    data[-1] ^= 1
    kept.write_bytes(data)
    assert not read(path).is_here()
    check(read(path))
    kept.write_bytes(data[: len(data) // 2])
    check(read(path))
    kept.unlink()
    check(read(path))


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = write_csv(tmp_path / "t.csv", ROWS)
    with pytest.raises(UserError, match=r"cannot write the data cache .*data\.cache=FOLDER"):
        read(path, cache=str(tmp_path / "file")).prepare()


@given(
    st.lists(st.lists(st.integers(0, 255), min_size=4, max_size=4), min_size=1, max_size=20),
    st.sampled_from([",", ";", "\t"]),
)
def test_many_values_at_once_are_what_they_are_alone(rows: list[list[int]], separator: str) -> None:
    texts = [separator.join(map(str, row)) for row in rows]
    values = csv_values.parse(texts, 4, separator)
    assert values is not None
    assert csv_values.usable(values, 255).all()
    assert np.array_equal(csv_values.to_bytes(values, 255), rows)
    decimals = csv_values.parse(
        [separator.join(f"{cell / 255!r}" for cell in row) for row in rows], 4, separator
    )
    assert decimals is not None
    assert np.array_equal(csv_values.to_bytes(decimals, 1), rows)


@given(st.integers(0, 3), st.sampled_from(["", "x", "1 2", "1.2.3", "--1", "٣"]))
def test_what_is_no_number_is_never_taken_for_one(place: int, cell: str) -> None:
    cells = ["1", "2", "3", "4"]
    cells[place] = cell
    assert csv_values.parse([",".join(cells), "1,2,3,4"], 4, ",") is None


@pytest.mark.slow
def test_sixty_thousand_lines_take_seconds_once_and_then_none(tmp_path: Path) -> None:
    images = pictures(60_000, (28, 28))
    path = write_csv(tmp_path / "t.csv", rows_of(images, labels_of(len(images), range(10))))
    start = time.process_time()
    data = read(path).training_set()
    first = time.process_time() - start
    assert np.array_equal(data.images[..., 0], images)
    start = time.process_time()
    read(path).prepare()
    again = time.process_time() - start
    assert first < 15
    assert again < first / 2
