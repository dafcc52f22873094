"""The picture of a confusion matrix: what is coloured how, for any number of classes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL.Image import Image

from swatch.tracking.confusion_image import draw_confusion

GREY, DARK_RED, PALE, NONE = (222, 228, 235), (146, 16, 36), (255, 250, 233), (247, 248, 250)


def area(image: Image, color: tuple[int, int, int], tolerance: int = 6) -> int:
    """Pixels of about that colour; a palette of few colours rounds them."""
    pixels = np.asarray(image.convert("RGB")).astype(int)
    return int((np.abs(pixels - color).max(axis=2) <= tolerance).sum())


def test_right_answers_are_grey_and_the_most_frequent_confusion_is_dark_red() -> None:
    counts = np.array([[90, 10, 0], [1, 999, 0], [0, 0, 5]])
    for image in draw_confusion("Title", ["a", "b", "c"], counts):
        cell = area(image, GREY) / 3
        assert 1500 < cell < 3000
        assert area(image, DARK_RED) == pytest.approx(cell, rel=0.1), "one cell, however small beside 999"
        assert image.getpixel((0, 0)) is not None
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_the_two_pictures_differ_in_what_counts_as_most_frequent() -> None:
    # Ten of a hundred, and twenty of a thousand.
    counts = np.array([[90, 10], [20, 980]])
    by_count, by_share = (
        np.asarray(image.convert("RGB")) for image in draw_confusion("T", ["a", "b"], counts)
    )
    assert by_count.shape == by_share.shape
    (above, _), (below, _) = (place_of(image, DARK_RED) for image in (by_share, by_count))
    assert above < below, "the first row's confusion in shares, the second row's in counts"


def place_of(pixels: NDArray[Any], color: tuple[int, int, int]) -> tuple[float, float]:
    rows, columns = np.nonzero(np.abs(pixels.astype(int) - color).max(axis=2) <= 6)
    return float(rows.mean()), float(columns.mean())


@pytest.mark.parametrize("classes", [1, 2, 6, 10, 14, 15, 30, 31, 100])
@pytest.mark.parametrize("label", ["x", "a name of twenty-one ch", "a name that goes on and on " * 5])
def test_any_number_of_classes_and_any_names(classes: int, label: str) -> None:
    counts = np.full((classes, classes), 1234567 if classes < 5 else 3)
    for image in draw_confusion("Confusion matrix (val)", [label] * classes, counts):
        assert max(image.size) < 2200
        stream = io.BytesIO()
        image.save(stream, "PNG")
        assert stream.tell() < 60_000 + 10 * classes**2
        assert np.asarray(image.convert("RGB"))[-1].min() == 255, "nothing runs over the edge"
        assert np.asarray(image.convert("RGB"))[:, -1].min() == 255


def test_a_matrix_of_nothing() -> None:
    for image in draw_confusion("T", ["a", "b"], np.zeros((2, 2), np.int64)):
        assert area(image, DARK_RED) == area(image, PALE, tolerance=2) == 0


def test_equal_matrices_make_equal_files() -> None:
    files = []
    for _ in range(2):
        stream = io.BytesIO()
        draw_confusion("T", ["a", "b"], np.array([[3, 1], [0, 4]]))[0].save(stream, "PNG")
        files.append(stream.getvalue())
    assert files[0] == files[1]
