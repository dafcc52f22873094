"""What the columns of a CSV file to predict are: its pixels, and what stands beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from swatch.data.csv_layout import split
from swatch.errors import UserError

LABELS = ("label", "labels", "class", "target", "y")
IDENTIFIERS = ("id", "imageid", "image_id", "index", "unnamed: 0", "")
"""Names of columns that are left out, in small letters; the empty one is what pandas and R put first."""

_SEPARATORS = ",;\t"
_MISSING = {"", "nan", "na", "null", "none"}


@dataclass(frozen=True)
class Columns:
    """The columns of a file.

    Attributes:
        separator: stands between the cells.
        names: of all columns; numbers from 1 on if the file has no header.
        pixels: places of those that hold pixels.
        identifier: place of the column that tells the images apart; None if there is none.
        has_header: whether the first line holds the names.
    """

    separator: str
    names: tuple[str, ...]
    pixels: tuple[int, ...]
    identifier: int | None
    has_header: bool

    @property
    def left_out(self) -> tuple[str, ...]:
        """The names of the columns that hold no pixels."""
        pixels = set(self.pixels)
        return tuple(name for place, name in enumerate(self.names) if place not in pixels)

    def sentence(self) -> str:
        """Return which columns were left out, in words; empty if none was."""
        shown = ", ".join(f"'{name}'" if self.has_header else name for name in self.left_out)
        if not shown:
            return ""
        why = "" if self.has_header else ", taken for a label or an id as there is no header"
        columns = "columns" if len(self.left_out) > 1 else "column"
        return f"left out {columns} {shown}{why}; {len(self.pixels):,} pixels are predicted"


def find_columns(first: str, shape: tuple[int, int, int], subject: str) -> Columns:
    """Return the columns of a file.

    A first line is a header if more than one of its cells is a word, or if its cells count up by one, which
    is what pandas writes for columns without names.

    Args:
        first: its first line that is not blank.
        shape: height, width and channels of an image.
        subject: the file, for messages.

    Raises:
        UserError: it does not have as many columns as the network takes pixels.
    """
    if "\0" in first:
        raise UserError(f"{subject} is no text in UTF-8: save it as CSV, UTF-8")
    separator = max(_SEPARATORS, key=first.count)
    cells = split(first, separator)
    wanted = math.prod(shape)
    has_header = sum(_is_word(cell) for cell in cells) > 1 or _counts_up(cells)
    names = tuple(cells) if has_header else tuple(f"{place:,}" for place in range(1, len(cells) + 1))
    if not has_header:
        if len(cells) not in (wanted, wanted + 1):
            raise UserError(_width(subject, len(cells), shape))
        return Columns(separator, names, tuple(range(len(cells) - wanted, len(cells))), None, has_header)
    labels = [place for place, name in enumerate(names) if name.lower() in LABELS]
    identifiers = [place for place, name in enumerate(names) if name.lower() in IDENTIFIERS]
    beside = {*labels, *identifiers}
    pixels = tuple(place for place in range(len(names)) if place not in beside)
    if len(pixels) != wanted:
        raise UserError(_width(subject, len(pixels), shape, beside="" if not beside else " of pixels"))
    return Columns(separator, names, pixels, identifiers[0] if identifiers else None, has_header)


def _width(subject: str, found: int, shape: tuple[int, int, int], beside: str = "") -> str:
    form = "x".join(map(str, shape[:2])) + ("" if shape[2] == 1 else f"x{shape[2]}")
    return (
        f"{subject} has {found:,} columns{beside}; the network takes {math.prod(shape):,} pixels ({form}). "
        "A column beside them is left out if it is the first of a file without header, or named label or id"
    )


def _is_word(cell: str) -> bool:
    if cell.lower() in _MISSING:
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def _counts_up(cells: list[str]) -> bool:
    """Whether the cells are 0, 1, 2 ... or 1, 2, 3 ..., but for one or two others before them."""
    for skipped in range(min(3, len(cells) - 3)):
        rest = cells[skipped:]
        if rest[0] in {"0", "1"} and rest == [str(int(rest[0]) + place) for place in range(len(rest))]:
            return True
    return False
