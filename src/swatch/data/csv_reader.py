"""Reading a CSV file of labels and pixels, in blocks, every line checked."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from swatch.data import csv_values
from swatch.data.csv_layout import Layout, find_layout, find_shape, split
from swatch.data.integrity import is_gzipped
from swatch.data.labelling import canonical, listed, names_of, numbers_of
from swatch.data.problems import Policy, Problems
from swatch.data.progress import Progress
from swatch.data.store import Reading
from swatch.errors import UserError

_BLOCK = 1000


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is to be read; see ``swatch.data.csv.CSV`` for the meaning of its parts."""

    separator: str
    header: bool | None
    label_column: str | int | None
    image_shape: tuple[int, int, int] | None
    maximum: float
    bad_rows: Policy


def read(path: Path, dialect: Dialect, names: Sequence[str] | None, progress: Progress) -> Reading:
    """Read a whole file.

    Args:
        path: plain or gzipped text.
        dialect: how it is written.
        names: the classes, in the order of their numbers; None: those that the file holds.
        progress: sees how much of the file has been read.

    Raises:
        UserError: the file cannot be read, or holds lines that cannot be used and are not to be dropped.
    """
    table = _Table(path, dialect, names)
    progress.begin(path.name, path.stat().st_size)
    try:
        with path.open("rb") as raw:
            for block in _blocks(raw, path):
                table.add(block)
                progress.update(raw.tell())
    finally:
        progress.end()
    return table.finish()


def _blocks(raw: IO[bytes], path: Path) -> Iterator[list[tuple[int, str]]]:
    """Yield the lines that are not blank, with their numbers, many at a time."""
    stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw) if is_gzipped(path) else raw)
    try:
        lines = ((number, line) for number, line in enumerate(stream, 1) if not line.isspace())
        while block := list(itertools.islice(lines, _BLOCK)):
            yield [(number, line.decode("utf-8-sig").rstrip("\r\n")) for number, line in block]
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no text in UTF-8: save it as CSV, UTF-8") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{path} is damaged: expected a whole gzip file, found: {error}") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error


class _Table:
    """What has been read so far."""

    def __init__(self, path: Path, dialect: Dialect, names: Sequence[str] | None) -> None:
        self._path, self._dialect, self._names = path, dialect, names
        self._numbers = None if names is None else numbers_of(names)
        self._layout: Layout | None = None
        self._shape = (0, 0, 0)
        self._problems = Problems(str(path), "lines")
        self._entries = 0
        self._largest = 0.0
        self._labels: list[str] = []
        self._images: list[NDArray[np.uint8]] = []

    def add(self, block: list[tuple[int, str]]) -> None:
        """Read some more lines."""
        if self._layout is None:
            self._layout = self._find_layout(block[0][1])
            if self._layout.has_header:
                block = block[1:]
        self._entries += len(block)
        rows = self._cut(block, self._layout)
        texts = [text for _, _, text in rows]
        values = csv_values.parse(texts, len(self._layout.pixels), self._layout.separator) if rows else None
        if values is not None:
            good = csv_values.usable(values, self._dialect.maximum)
            self._take([row[1] for row, fits in zip(rows, good, strict=True) if fits], values[good])
            rows = [row for row, fits in zip(rows, good, strict=True) if not fits]
        for row in rows:
            self._add_alone(*row)

    def finish(self) -> Reading:
        """Return the images, the labels as numbers."""
        dialect = self._dialect
        cleaning = self._problems.settle(self._entries, dialect.bad_rows, "data.bad_rows")
        if dialect.maximum > 1 and self._largest <= 1:
            raise UserError(
                f"{self._path} holds no value above {self._largest:g}, and data.maximum={dialect.maximum:g} "
                "says what white is: set data.maximum=1 if its values lie between 0 and 1"
            )
        names = self._names or names_of(self._labels, str(self._path))
        numbers = numbers_of(names)
        labels = np.array([numbers[label] for label in self._labels], np.uint8)
        images = np.concatenate(self._images).reshape(-1, *self._shape)
        return Reading(images, labels, tuple(names), cleaning)

    def _find_layout(self, first: str) -> Layout:
        if "\0" in first:
            raise UserError(f"{self._path} is no text in UTF-8: save it as CSV, UTF-8")
        dialect = self._dialect
        layout = find_layout(first, dialect.separator, dialect.header, dialect.label_column, str(self._path))
        self._shape = find_shape(len(layout.pixels), dialect.image_shape, str(self._path))
        return layout

    def _cut(self, block: list[tuple[int, str]], layout: Layout) -> list[tuple[int, str, str]]:
        """Return line number, label and the text of the pixels, of lines that have these."""
        rows = []
        for number, line in block:
            width = line.count(layout.separator) + 1
            if '"' in line:
                cells = split(line, layout.separator)
                width = len(cells)
            elif layout.label == 0 or width != len(layout.columns):
                cells = line.split(layout.separator, 1)
            else:
                cells = line.split(layout.separator)
            if width != len(layout.columns):
                expected = f"{len(layout.columns):,} values"
                self._add_problem("of another width", number, f"has {width:,}, not {expected}")
                continue
            label = canonical(cells.pop(layout.label))
            inner = next((cell for cell in cells if layout.separator in cell), None) if '"' in line else None
            if label in {"", "nan"}:
                self._add_problem("without a label", number, "has no label")
            elif self._numbers is not None and label not in self._numbers:
                kind = f"of none of the classes {listed(self._names or ())}"
                self._add_problem(kind, number, f"has the label '{label}'")
            elif inner is not None:
                kind, what = "with something else than numbers", f"has '{inner[:20]}' as a value"
                self._add_problem(kind, number, what)
            else:
                rows.append((number, label, layout.separator.join(cells)))
        return rows

    def _add_alone(self, number: int, label: str, text: str) -> None:
        """Read one line of a block in which not all is well."""
        assert self._layout is not None
        layout, maximum = self._layout, self._dialect.maximum
        cells = [cell.strip() for cell in text.split(layout.separator)]
        trouble = csv_values.diagnose(cells, layout.pixels, maximum)
        if trouble is not None:
            self._add_problem(trouble[0], number, trouble[1])
            return
        self._take([label], np.array([[float(cell) for cell in cells]]))

    def _take(self, labels: list[str], values: NDArray[np.float64] | NDArray[np.int64]) -> None:
        if labels:
            self._labels += labels
            self._largest = max(self._largest, float(values.max()))
            self._images.append(csv_values.to_bytes(values, self._dialect.maximum))

    def _add_problem(self, kind: str, number: int, what: str) -> None:
        self._problems.add(kind, number, f"line {number:,} {what}")
