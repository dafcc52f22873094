"""CSV files that cannot be used, whole or in part, and what is said of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.files_of_ones_own import labels_of, pictures, rows_of, write_csv
from swatch.data.csv import CSV
from swatch.errors import UserError

IMAGES = pictures()
ROWS = rows_of(IMAGES, labels_of(len(IMAGES)))
HEADER = ["label", *(f"pixel{place}" for place in range(16))]


def read(path: Path, **options: Any) -> CSV:
    return CSV(file=str(path), **options)


# Each a change of one line of the file with a header, and what is said of it.
BAD: dict[str, tuple[Any, str]] = {
    "empty": (
        lambda row: [*row[:3], "", *row[4:]],
        "(1 with missing values): line 5 has no value in column pixel2",
    ),
    "nan": (
        lambda row: [*row[:3], "NaN", "NaN", *row[5:]],
        "line 5 has no value in column pixel2 and 1 more",
    ),
    "text": (
        lambda row: [*row[:3], "x1", *row[4:]],
        "(1 with something else than numbers): line 5 has 'x1' in",
    ),
    "large": (
        lambda row: [*row[:3], 256, *row[4:]],
        "(1 out of range): line 5 has 256 in column pixel2, expected 0 to 255",
    ),
    "huge": (
        lambda row: [*row[:3], 10**30, *row[4:]],
        "line 5 has 1000000000000000000000000000000 in column pixel2",
    ),
    "negative": (lambda row: [*row[:3], -1, *row[4:]], "line 5 has -1 in column pixel2"),
    "infinite": (lambda row: [*row[:3], "inf", *row[4:]], "line 5 has inf in column pixel2"),
    "short": (lambda row: row[:-1], "(1 of another width): line 5 has 16, not 17 values"),
    "long": (lambda row: [*row, 1], "line 5 has 18, not 17 values"),
    "no label": (lambda row: ["", *row[1:]], "(1 without a label): line 5 has no label"),
    "quoted": (lambda row: [row[0], '"1,5"', *row[2:]], "line 5 has '1,5' as a value"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_refused_with_its_number_or_dropped(name: str, tmp_path: Path, capsys: Any) -> None:
    change, text = BAD[name]
    rows = [list(row) for row in ROWS]
    rows[3] = change(rows[3])
    path = write_csv(tmp_path / "t.csv", [HEADER, *rows])
    with pytest.raises(UserError) as error:
        read(path).prepare()
    assert str(error.value).startswith(f"{path}: cannot use 1 of 30 lines (1 ")
    assert text in str(error.value)
    assert str(error.value).endswith("Mend them, or leave them out with data.bad_rows=drop.")
    assert len(str(error.value).splitlines()) == 1

    source = read(path, bad_rows="drop")
    assert np.array_equal(source.training_set().images[..., 0], np.delete(IMAGES, 3, axis=0))
    assert "left out 1 of 30 lines" in capsys.readouterr().err
    # Told again from the cache, where the lines are not read anew.
    assert read(path, bad_rows="drop").cleaning().dropped == 1
    assert not capsys.readouterr().err


def test_many_bad_lines_make_one_message(tmp_path: Path) -> None:
    rows = [[*row[:-1], "" if place % 2 else 300] for place, row in enumerate(ROWS)]
    with pytest.raises(UserError) as error:
        read(write_csv(tmp_path / "t.csv", [*rows, ROWS[0]])).prepare()
    assert "30 of 31 lines (15 out of range, 15 with missing values): line 1 has 300" in str(error.value)
    assert "; and 26 more. Mend them" in str(error.value)
    with pytest.raises(UserError, match=r"cannot use 30 of 30 lines .*; and 26 more\.$"):
        read(write_csv(tmp_path / "t.csv", rows), bad_rows="drop").prepare()


@pytest.mark.parametrize(
    ("content", "options", "text"),
    [
        ("label,a,b,c,d\n", {}, "holds no images"),
        ("", {}, "holds no images"),
        ("x\n1\n", {}, "one column only when its lines are cut at ','"),
        ("1;2;3;4;5\n", {}, "name what stands between the values with data.separator"),
        ("kind,a,b,c,d\n1,2,3,4,5\n", {}, "has no column 'label': name the one that holds the classes"),
        ("lable,a,b,c,d\n1,2,3,4,5\n", {"label_column": "label"}, "Did you mean 'lable'?"),
        ("1,2,3,4,5\n", {"label_column": "kind"}, "has no header: give data.label_column as a number"),
        ("1,2,3,4,5\n", {"label_column": 6}, "data.label_column=6 is none of 1 to 5"),
        ("1,2,3,4,5\n2,2,3,4,5\n", {"image_shape": [2, 3]}, "image_shape=[2, 3, 1] needs 2x3x1 = 6"),
        ("1,2,3,4,5,6\n", {}, "has 5 pixel columns, which make no square image"),
        ("1,2,3,4,5\n1,5,6,7,8\n", {}, "holds a single class, '1'"),
        ("1,0,1,0,0.5\n2,0,0,0,1\n", {}, "holds no value above 1, and data.maximum=255"),
        ("\xff\xfe\x001,2", {}, "is no text in UTF-8"),
        ("1,\x00,3,4,5\n", {}, "is no text in UTF-8"),
        ("1,2,3,4,5\n7,2,3,4,5\n", {"class_names": ["a", "b"]}, "line 2 has the label '7'"),
    ],
)
def test_files_that_make_no_data_set(
    content: str, options: dict[str, Any], text: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError) as error:
        read(path, **options).prepare()
    assert text in str(error.value)
    assert str(path) in str(error.value)
    assert not list((Path(os.environ["SWATCH_DATA"])).rglob("*ubyte"))


def test_a_gzip_file_that_was_cut_off(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv.gz", ROWS)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"t\.csv\.gz is damaged: expected a whole gzip file"):
        read(path).prepare()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "name the file to train on: data.file=FILE.csv"),
        ({"file": "nowhere.csv"}, "data.file=.*nowhere.csv cannot be read: No such file"),
        ({"file": "a.csv", "separator": "||"}, "separator must be a single character"),
        ({"file": "a.csv", "maximum": 0.0}, "maximum must be a number above 0"),
        ({"file": "a.csv", "image_shape": [28]}, r"image_shape must be \[height, width\]"),
        ({"file": "a.csv", "class_names": ["a", "a "]}, "class_names names a class twice"),
        ({"file": "a.csv", "class_names": ["a"]}, "class_names must name 2 to 256 classes"),
        ({"file": "a.csv", "validation_fraction": 1.0}, "validation_fraction must lie between"),
    ],
)
def test_settings_that_cannot_be(options: dict[str, Any], text: str) -> None:
    with pytest.raises(UserError, match=text):
        CSV(**options).prepare()
