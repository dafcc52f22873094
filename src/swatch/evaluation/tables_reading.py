"""Reading a CSV file of pixels to predict, in blocks; every line is checked, and none may be missing."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from swatch.data import csv_values
from swatch.data.csv_layout import split
from swatch.data.integrity import is_gzipped
from swatch.data.problems import SHOWN, Cleaning
from swatch.errors import UserError
from swatch.evaluation.tables_layout import Columns, find_columns

_BLOCK = 1000
Line = tuple[int, str]


class PixelTable:
    """A CSV file with one line per image.

    Args:
        path: plain or gzipped text.
        shape: height, width and channels of an image. Its values are row by row, those of a pixel side by
            side.
        maximum: the value of white; black is 0.

    Attributes:
        columns: what the columns are; known from the first image on.
        identifiers: what the column of identifiers holds, line by line; empty if there is none.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int], maximum: float = 255) -> None:
        self._path, self._shape, self._maximum = path, shape, maximum
        self.columns: Columns | None = None
        self.identifiers: list[str] = []
        self._lines = 0
        self._kinds: Counter[str] = Counter()
        self._notes: list[Line] = []
        self._largest = 0.0

    def images(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the images, some at a time, each block of shape (n, height, width, channels).

        After the first line that cannot be used there are no more images, only its like are looked for.

        Raises:
            UserError: the file cannot be read, or lines of it cannot be used: which, and why.
        """
        for block in self._blocks():
            if self.columns is None:
                self.columns = find_columns(block[0][1], self._shape, str(self._path))
                block = block[1:] if self.columns.has_header else block
            self._lines += len(block)
            values = self._values(block, self.columns) if block else None
            if values is not None and not self._kinds:
                self._largest = max(self._largest, float(values.max()))
                yield csv_values.to_bytes(values, self._maximum).reshape(-1, *self._shape)
        if self._kinds:
            found = Cleaning(
                entries=self._lines,
                units="lines",
                dropped=self._kinds.total(),
                kinds=dict(self._kinds),
                examples=[what for _, what in sorted(self._notes)[:SHOWN]],
            )
            raise UserError(
                f"{self._path}: cannot use {found.sentence()}. "
                "Every line needs its prediction, so nothing was written: mend them"
            )
        if not self._lines:
            raise UserError(f"{self._path} holds no images")
        if self._maximum > 1 and 0 < self._largest <= 1:
            raise UserError(
                f"{self._path} holds no value above {self._largest:g}, and white is {self._maximum:g}: "
                "say --maximum 1 if its values lie between 0 and 1"
            )

    def _blocks(self) -> Iterator[list[Line]]:
        """Yield the lines that are not blank, with their numbers, many at a time."""
        try:
            with self._path.open("rb") as raw:
                stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw) if is_gzipped(self._path) else raw)
                lines = ((number, line) for number, line in enumerate(stream, 1) if not line.isspace())
                while block := list(itertools.islice(lines, _BLOCK)):
                    yield [(number, line.decode("utf-8-sig").rstrip("\r\n")) for number, line in block]
        except UnicodeDecodeError as error:
            raise UserError(f"{self._path} is no text in UTF-8: save it as CSV, UTF-8") from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UserError(f"{self._path} is damaged: expected a whole gzip file, found: {error}") from error
        except OSError as error:
            raise UserError(f"{self._path} cannot be read: {error.strerror or error}") from error

    def _values(self, block: list[Line], columns: Columns) -> NDArray[Any] | None:
        """Return the pixels of a block, or None if something is wrong, which is then noted."""
        rows = [row for row in (self._pixels(line, columns) for line in block) if row is not None]
        if len(rows) == len(block):
            texts = [text for _, text in rows]
            values = csv_values.parse(texts, len(columns.pixels), columns.separator)
            if values is not None and csv_values.usable(values, self._maximum).all():
                return values
        names = [columns.names[place] for place in columns.pixels]
        found = []
        for number, text in rows:
            cells = [cell.strip() for cell in text.split(columns.separator)]
            if len(cells) != len(names):
                self._note("with something else than numbers", number, "has a quoted separator")
                continue
            trouble = csv_values.diagnose(cells, names, self._maximum)
            if trouble is None:
                found.append([float(cell) for cell in cells])
            else:
                self._note(trouble[0], number, trouble[1])
        # Numbers that only this slower way reads, such as 1_000 or blanks around a quoted one.
        return np.array(found) if len(found) == len(block) else None

    def _pixels(self, line: Line, columns: Columns) -> Line | None:
        """Return the number of a line and the text of its pixels; take its identifier apart."""
        number, text = line
        separator, width = columns.separator, len(columns.names)
        cells = split(text, separator) if '"' in text else None
        count = text.count(separator) + 1 if cells is None else len(cells)
        if count != width:
            self._note("of another width", number, f"has {count:,} values, not {width:,}")
            return None
        if cells is None and len(columns.pixels) == width:
            return line
        if cells is None and columns.pixels[0] == width - len(columns.pixels):
            *before, pixels = text.split(separator, columns.pixels[0])
        else:
            cells = text.split(separator) if cells is None else cells
            before = cells
            pixels = separator.join(cells[place] for place in columns.pixels)
        if columns.identifier is not None:
            self.identifiers.append(before[columns.identifier].strip())
        return number, pixels

    def _note(self, kind: str, number: int, what: str) -> None:
        self._kinds[kind] += 1
        self._notes.append((number, f"line {number:,} {what}"))
