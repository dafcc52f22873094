"""CSV files to predict: which of their columns are pixels, what is refused, and what is written."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.evaluation import tables_reading
from swatch.evaluation.tables_layout import find_columns
from swatch.evaluation.tables_reading import PixelTable

SHAPE = (2, 3, 1)
Pixels = NDArray[np.uint8]


def pixels(count: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (count, 6)).astype(np.uint8)


def read(path: Path, shape: tuple[int, int, int] = SHAPE, maximum: float = 255) -> tuple[Pixels, PixelTable]:
    table = PixelTable(path, shape, maximum)
    return np.concatenate(list(table.images())), table


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "test.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def lines(values: Pixels, separator: str = ",") -> str:
    return "".join(separator.join(map(str, row)) + "\n" for row in values.tolist())


def test_order_and_values_are_kept_over_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_reading, "_BLOCK", 7)
    values = pixels(50)
    images, table = read(written(tmp_path, lines(values)))
    assert np.array_equal(images.reshape(50, 6), values) and images.shape == (50, 2, 3, 1)
    assert table.columns is not None and table.columns.sentence() == ""


HEADER = "a,b,c,d,e,f"


@pytest.mark.parametrize(
    ("header", "before", "after", "left_out", "identifiers"),
    [
        (None, "", "", "", []),
        (None, "7,", "", "left out column 1, taken for a label", []),
        (HEADER, "", "", "", []),
        (f"label,{HEADER}", "7,", "", "left out column 'label';", []),
        (f"Label,{HEADER}", "Coat,", "", "left out column 'Label';", []),
        (f"{HEADER},class", "", ",7", "left out column 'class';", []),
        (f"id,{HEADER}", "x17,", "", "left out column 'id';", ["x17", "x17"]),
        (f"Id,{HEADER},label", "17,", ",3", "left out columns 'Id', 'label';", ["17", "17"]),
        ("0,1,2,3,4,5", "", "", "", []),
        (",0,1,2,3,4,5", "17,", "", "left out column '';", ["17", "17"]),
        ("label,1,2,3,4,5,6", "7,", "", "left out column 'label';", []),
        ('"","X1","X2","X3","X4","X5","X6"', '"9",', "", "left out column '';", ["9", "9"]),
    ],
)  # fmt: skip
def test_what_stands_beside_the_pixels_is_left_out(
    tmp_path: Path, header: str | None, before: str, after: str, left_out: str, identifiers: list[str]
) -> None:
    values = pixels(2)
    text = "".join(f"{before}{line}{after}\n" for line in lines(values).splitlines())
    images, table = read(written(tmp_path, text if header is None else f"{header}\n{text}"))
    assert np.array_equal(images.reshape(2, 6), values)
    assert table.columns is not None
    sentence = table.columns.sentence()
    assert sentence.startswith(left_out) and bool(sentence) == bool(left_out)
    assert table.identifiers == identifiers


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("compressed", [False, True])
def test_separators_line_ends_and_gzip(tmp_path: Path, separator: str, end: str, compressed: bool) -> None:
    values = pixels(3)
    text = ("\ufeff" + lines(values, separator) + "\n\n").replace("\n", end).encode()
    images, _ = read(written(tmp_path, gzip.compress(text) if compressed else text))
    assert np.array_equal(images.reshape(3, 6), values)


def test_fractions_are_scaled_when_white_is_one(tmp_path: Path) -> None:
    path = written(tmp_path, "0,0.2,0.4,0.6,0.8,1\n")
    assert read(path, maximum=1)[0].ravel().tolist() == [0, 51, 102, 153, 204, 255]
    with pytest.raises(UserError, match="no value above 1, and white is 255: say --maximum 1"):
        read(path)


def test_the_values_of_a_colour_pixel_stand_side_by_side(tmp_path: Path) -> None:
    images, _ = read(written(tmp_path, "6,5,4,3,2,1\n"), (1, 2, 3))
    assert images.tolist() == [[[[6, 5, 4], [3, 2, 1]]]]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,2,3,4,5", "line 9 has 5 values, not 6"),
        ("1,2,3,4,5,6,7", "line 9 has 7 values, not 6"),
        ("1,2,,4,,6", "line 9 has no value in column 3 and 1 more"),
        ("1,2,3,4,nan,6", "line 9 has no value in column 5"),
        ("1,2,3,4,5,256", "line 9 has 256 in column 6, expected 0 to 255"),
        ("1,-2,3,4,5,6", "line 9 has -2 in column 2, expected 0 to 255"),
        ("1,2,x,4,5,6", "line 9 has 'x' in column 3"),
        ('1,2,"3,4",5,6,7', "line 9 has a quoted separator"),
        ("1,2,inf,4,5,6", "line 9 has inf in column 3, expected 0 to 255"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, row: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_reading, "_BLOCK", 4)
    text = lines(pixels(8)) + row + "\n" + lines(pixels(8))
    with pytest.raises(UserError) as error:
        read(written(tmp_path, text))
    assert said in str(error.value) and "1 of 17 lines" in str(error.value)
    assert "\n" not in str(error.value)


def test_all_wrong_lines_are_counted_and_the_first_named(tmp_path: Path) -> None:
    text = lines(pixels(2)) + "1,2\n" * 30 + "1,2,3,4,5,\n" + lines(pixels(5))
    with pytest.raises(
        UserError, match=r"31 of 38 lines.*30 of another width, 1 with missing.*line 3 .*27 more"
    ):
        read(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no images"),
        (HEADER + "\n", "holds no images"),
        ("1,2,3,4\n", "has 4 columns; the network takes 6 pixels \\(2x3\\)"),
        ("label,a,b,c,d,e\n1,2,3,4,5,6\n", "has 5 columns of pixels; the network takes 6"),
        ("u,v,w,a,b,c,d\n1,2,3,4,5,6,7\n", "has 7 columns; the network takes 6"),
        (b"\x89PNG\x00\xff\xfe\n", "is no text in UTF-8"),
        (b"PK\x00\x00,1,2\n", "is no text in UTF-8"),
        (gzip.compress(b"1,2,3,4,5,6\n" * 999, mtime=0)[:-9], "is damaged: expected a whole gzip file"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read(written(tmp_path, text))


def test_a_first_line_with_missing_values_is_no_header() -> None:
    assert not find_columns("1,,,4,5,6", SHAPE, "test.csv").has_header


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.lists(st.integers(0, 255), min_size=6, max_size=6), min_size=1, max_size=9))
def test_any_bytes_come_back(tmp_path: Path, values: list[list[int]]) -> None:
    values[0][0], values[0][-1] = 255, 0  # no header of numbers that count up
    text = lines(np.array(values, np.uint8))
    assert read(written(tmp_path, text))[0].reshape(-1, 6).tolist() == values
