"""What the columns of a CSV file are: found from its first line and what the user says."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import Any

from swatch.errors import UserError, did_you_mean

LABEL = "label"


@dataclass(frozen=True)
class Layout:
    """The columns of a file.

    Attributes:
        separator: stands between the cells.
        columns: their names; numbers from 1 on if the file has no header.
        label: index of the column that holds the label.
        has_header: whether the first line holds the names.
    """

    separator: str
    columns: tuple[str, ...]
    label: int
    has_header: bool

    @property
    def pixels(self) -> tuple[str, ...]:
        """The names of the other columns."""
        return self.columns[: self.label] + self.columns[self.label + 1 :]


def find_layout(
    first: str, separator: str, header: bool | None, label_column: str | int | None, subject: str
) -> Layout:
    """Return the layout of a file.

    Args:
        first: its first line that is not blank.
        separator: one character.
        header: whether that line is a header; None: it is one if it names the label column, or if several
            of its cells are no numbers.
        label_column: name, or number from 1 on (-1 is the last); None: the column called "label" if there is
            a header, else the first.
        subject: the file, for messages.

    Raises:
        UserError: there is no such column, or only one.
    """
    cells = split(first, separator)
    if len(cells) < 2:
        raise UserError(
            f"{subject} has one column only when its lines are cut at {separator!r}: "
            "name what stands between the values with data.separator"
        )
    if header is None:
        name = label_column if isinstance(label_column, str) else LABEL
        header = name in cells or sum(not _is_number(cell) for cell in cells) > 1
    columns = tuple(cells) if header else tuple(str(place) for place in range(1, len(cells) + 1))
    return Layout(separator, columns, _label_index(columns, header, label_column, subject), header)


def find_shape(pixels: int, given: tuple[int, int, int] | None, subject: str) -> tuple[int, int, int]:
    """Return height, width and channels of images of so many values.

    Raises:
        UserError: ``given`` has another number of values, or no square image, grey or RGB, has so many.
    """
    if given is not None:
        if math.prod(given) != pixels:
            shown = "x".join(map(str, given))
            raise UserError(
                f"{subject} has {pixels:,} pixel columns, but image_shape={list(given)} needs "
                f"{shown} = {math.prod(given):,}"
            )
        return given
    for channels in (1, 3):
        side = math.isqrt(pixels // channels)
        if channels * side * side == pixels:
            return side, side, channels
    raise UserError(
        f"{subject} has {pixels:,} pixel columns, which make no square image, grey or RGB: "
        "name the shape with data.image_shape=[HEIGHT,WIDTH,CHANNELS]"
    )


def split(line: str, separator: str) -> list[str]:
    """Return the cells of one line, quotes resolved, blanks around them removed."""
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]


def _label_index(columns: tuple[str, ...], header: bool, wanted: Any, subject: str) -> int:
    if isinstance(wanted, int):
        if wanted == 0 or not -len(columns) <= wanted <= len(columns):
            raise UserError(
                f"{subject} has {len(columns):,} columns; data.label_column={wanted} is none of 1 to "
                f"{len(columns):,} (-1 is the last)"
            )
        return wanted - 1 if wanted > 0 else len(columns) + wanted
    if not header:
        if wanted is not None:
            raise UserError(
                f"{subject} has no header: give data.label_column as a number (1 is the first), "
                f"not '{wanted}'"
            )
        return 0
    name = LABEL if wanted is None else wanted
    if name not in columns:
        few = ", ".join(columns[:3]) + (", …" if len(columns) > 4 else "") + f", {columns[-1]}"
        raise UserError(
            f"{subject} has no column '{name}': name the one that holds the classes with "
            f"data.label_column.{did_you_mean(name, columns)} Its columns are {few}."
        )
    return columns.index(name)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
