"""The figures of one part of a data set: training, validation or test."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from swatch.data.source import Dataset

NEARLY_EMPTY = 8.0
"""Standard deviation of an image's pixels, in bytes, below which hardly anything is on it."""

_BLOCK = 1024


@dataclass(frozen=True)
class Part:
    """A part of a data set and its figures.

    Attributes:
        name: "training", "validation" or "test".
        data: the images that the rows point into.
        rows: sorted, shape (n,).
        counts: images of each class, shape (classes,).
        histogram: pixels of each byte value, all channels together, shape (256,).
        contrasts: standard deviation of the pixels of each image in bytes, shape (n,).
    """

    name: str
    data: Dataset
    rows: NDArray[np.intp]
    counts: NDArray[np.int64]
    histogram: NDArray[np.int64]
    contrasts: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def labels(self) -> NDArray[np.uint8]:
        """The classes of its images, shape (n,)."""
        return np.asarray(self.data.labels)[self.rows]

    @property
    def mean(self) -> float:
        """Mean of all pixels in bytes."""
        return float(self.histogram @ np.arange(256) / self.histogram.sum())

    @property
    def deviation(self) -> float:
        """Standard deviation of all pixels in bytes."""
        squares = (np.arange(256) - self.mean) ** 2
        return math.sqrt(float(self.histogram @ squares / self.histogram.sum()))

    @property
    def shares(self) -> NDArray[np.float64]:
        """The histogram as shares of all pixels, shape (256,)."""
        found: NDArray[np.float64] = self.histogram / self.histogram.sum()
        return found

    @property
    def nearly_empty(self) -> NDArray[np.intp]:
        """Places within the part of the images with next to nothing on them, the emptiest first."""
        order = np.argsort(self.contrasts, kind="stable")
        return order[: int((self.contrasts < NEARLY_EMPTY).sum())]


def measure(name: str, data: Dataset, rows: NDArray[np.intp], classes: int) -> Part:
    """Return a part with its figures.

    Args:
        name: "training", "validation" or "test".
        data: images and labels.
        rows: which of them belong to the part, at least one.
        classes: number of classes of the data set.
    """
    histogram = np.zeros(256, np.int64)
    contrasts = np.empty(len(rows))
    for start, block in blocks(data.images, rows):
        histogram += np.bincount(block.ravel(), minlength=256)
        contrasts[start : start + len(block)] = block.std(axis=1, dtype=np.float32)
    counts = np.bincount(np.asarray(data.labels)[rows], minlength=classes)
    return Part(name, data, rows, counts, histogram, contrasts)


def blocks(images: NDArray[np.uint8], rows: NDArray[np.intp]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield the images of ``rows`` some at a time: place of the first, then bytes of shape (k, pixels)."""
    pixels = np.asarray(images).reshape(len(images), -1)
    for start in range(0, len(rows), _BLOCK):
        yield start, pixels[rows[start : start + _BLOCK]]


@dataclass(frozen=True)
class ClassImages:
    """What the images of one class look like.

    Attributes:
        mean: of the class's training images, pixel by pixel, in bytes, shape (height, width, channels).
        deviation: standard deviation, likewise.
        samples: rows of some of them, evenly spaced over the part.
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    samples: NDArray[np.intp]


def look(part: Part, label: int, samples: int) -> ClassImages | None:
    """Return what a class looks like in a part; None if the part has no image of it."""
    rows = part.rows[part.labels == label]
    if len(rows) == 0:
        return None
    shape = part.data.images.shape[1:]
    total, squares = np.zeros(math.prod(shape)), np.zeros(math.prod(shape))
    for _, block in blocks(part.data.images, rows):
        values = block.astype(np.float32)
        total += values.sum(axis=0, dtype=np.float64)
        np.multiply(values, values, out=values)
        squares += values.sum(axis=0, dtype=np.float64)
    mean = total / len(rows)
    deviation = np.sqrt(np.maximum(squares / len(rows) - mean * mean, 0))
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(samples, len(rows))).round().astype(np.intp))
    return ClassImages(mean.reshape(shape), deviation.reshape(shape), rows[chosen])
