"""What every data set offers to training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from swatch.data.normalization import Normalization
    from swatch.data.problems import Cleaning
    from swatch.data.progress import Progress


@dataclass(frozen=True)
class Dataset:
    """Images and their labels.

    Attributes:
        images: uint8, shape (n, height, width, channels), memory-mapped and read-only.
        labels: uint8, shape (n,), each in [0, classes).
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class LocatedFile:
    """A file of a data set on this machine.

    Attributes:
        path: where it lies.
        origin: where it came from, in words.
    """

    path: Path
    origin: str


class Source(Protocol):
    """A data set that knows how to get itself.

    ``training_set`` never opens a file of the test set.
    """

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    @property
    def classes(self) -> int:
        """Number of classes."""
        ...

    @property
    def class_names(self) -> Sequence[str]:
        """The classes' names, in the order of the labels."""
        ...

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of one image."""
        ...

    @property
    def has_test_set(self) -> bool:
        """Whether there are test images; else ``test_set`` says how to name some."""
        ...

    def prepare(self, progress: Progress | None = None, *, test: bool = False) -> None:
        """Get, check and unpack the training files, and with ``test`` the test files too."""
        ...

    def is_here(self) -> bool:
        """Whether ``prepare`` would neither fetch nor unpack anything."""
        ...

    def files(self) -> Sequence[LocatedFile]:
        """Return the files that ``prepare`` has found; empty for a data set that comes with a library."""
        ...

    def cleaning(self, *, test: bool = False) -> Cleaning | None:
        """Return what was dropped when the training or the test files were read; None if nothing ever is."""
        ...

    def training_set(self) -> Dataset:
        """Return the images that training and validation share."""
        ...

    def test_set(self) -> Dataset:
        """Return the images that only a final evaluation may see."""
        ...

    def split(self, labels: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return sorted indices into the training set: (training part, validation part)."""
        ...

    def normalizer(self, images: NDArray[np.uint8], indices: NDArray[np.intp]) -> Normalization:
        """Return the normalization, its constants from ``images[indices]`` (the training part) alone."""
        ...
