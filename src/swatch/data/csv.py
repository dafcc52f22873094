"""Images in a CSV file: one line per image, its label and its pixels."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from swatch.data import csv_reader
from swatch.data.converted import ConvertedSource
from swatch.data.labelling import check_names
from swatch.data.problems import Policy
from swatch.data.progress import Progress
from swatch.data.source import LocatedFile
from swatch.data.store import Reading
from swatch.errors import UserError


class CSV(ConvertedSource):
    """A data set of one's own; read once and kept as arrays for as long as the file is the same.

    Args:
        file: labels and pixels to train and validate, plain or gzipped.
        test_file: the same to test; null if there is none.
        label_column: name, or number from 1 on (-1 is the last); null: the column called "label", or without
            a header the first.
        header: whether the first line names the columns; null finds out.
        separator: what stands between the values.
        image_shape: height, width and channels; null for square images, grey or RGB. The values of an image
            are row by row, those of a pixel side by side.
        maximum: the value of white (255, 1, 16 ...); black is 0.
        class_names: the classes in the order of their numbers; null: the labels themselves.
        bad_rows: "refuse" the file, or "drop" the lines that cannot be used.
        cache: keeps the arrays; null is ``SWATCH_DATA``, else the user's cache folder.
        validation_fraction: share of the training set that is held out for validation, in [0, 1).
        split_seed: decides which images those are.
        normalization: "unit", "centred" or "standardized".
        limit: use only so many images of the training set, for quick tries; null for all.

    Raises:
        UserError: a value out of range.
    """

    def __init__(
        self,
        *,
        file: str | None = None,
        test_file: str | None = None,
        label_column: int | str | None = None,
        header: bool | None = None,
        separator: str = ",",
        image_shape: Sequence[int] | None = None,
        maximum: float = 255,
        class_names: Sequence[str] | None = None,
        bad_rows: Policy = "refuse",
        cache: str | None = None,
        validation_fraction: float = 0.1,
        split_seed: int = 0,
        normalization: str = "standardized",
        limit: int | None = None,
    ) -> None:
        if file is None:
            raise UserError("name the file to train on: data.file=FILE.csv")
        self._file = Path(file).expanduser().absolute()
        self._test_file = None if test_file is None else Path(test_file).expanduser().absolute()
        super().__init__(
            title=self._file.name,
            kind="csv",
            cache=cache,
            validation_fraction=validation_fraction,
            split_seed=split_seed,
            normalization=normalization,
            limit=limit,
        )
        if len(separator) != 1 or separator in '"\r\n':
            raise UserError(f"separator must be a single character, found {separator!r}")
        if not 0 < maximum < math.inf:
            raise UserError(f"maximum must be a number above 0, found {maximum:g}")
        if class_names is not None:
            check_names(class_names, "class_names")
        self._names = class_names
        self._dialect = csv_reader.Dialect(
            separator, header, label_column, _check_shape(image_shape), maximum, bad_rows
        )

    @property
    def has_test_set(self) -> bool:
        """Whether a test file was named."""
        return self._test_file is not None

    def files(self) -> list[LocatedFile]:
        """Return the files that have been read."""
        return [LocatedFile(self._path(test=test), "a file of yours") for test in self._parts]

    def _place(self, *, test: bool) -> Mapping[str, Any]:
        dialect = vars(self._dialect)
        return {"file": str(self._path(test=test)), **dialect, "class_names": self._names}

    def _contents(self, *, test: bool) -> str:
        path = self._path(test=test)
        try:
            with path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            key = "data.test_file" if test else "data.file"
            raise UserError(f"{key}={path} cannot be read: {error.strerror}") from error

    def _read(self, names: Sequence[str] | None, progress: Progress, *, test: bool) -> Reading:
        return csv_reader.read(self._path(test=test), self._dialect, names or self._names, progress)

    def _path(self, *, test: bool) -> Path:
        if not test:
            return self._file
        if self._test_file is None:
            raise UserError(
                "this data set has no test images: name a file of them with data.test_file=FILE.csv"
            )
        return self._test_file


def _check_shape(shape: Sequence[int] | None) -> tuple[int, int, int] | None:
    """Return a shape with its channels, which are 1 unless given."""
    if shape is None:
        return None
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise UserError(
            f"image_shape must be [height, width] or [height, width, channels], found {list(shape)}"
        )
    height, width, channels = (*shape, 1)[:3]
    return height, width, channels
