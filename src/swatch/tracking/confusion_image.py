"""Draws a confusion matrix so that the confusions catch the eye, not the right answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from swatch.metrics import normalized_rows
from swatch.tracking.canvas import NONE, RIGHT, Canvas, font_of, ground_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from swatch.tracking.canvas import Font

# Small shares would otherwise all look like none.
_LIFT = 0.7
_MARGIN, _GAP, _PADDING = 24, 2, 8
_LONGEST_HEAD = 170
_TRUE, _PREDICTED = "true class", "predicted class"


@dataclass(frozen=True)
class _Look:
    """Sizes in pixels, by the number of classes."""

    most_classes: float
    text: int
    cell: int
    """The height of a cell, and the least of its width."""
    widest: int
    """Columns grow up to this for the sake of their heads; longer heads are turned."""
    has_numbers: bool


_LOOKS = (
    _Look(6, text=17, cell=50, widest=190, has_numbers=True),
    _Look(14, text=17, cell=50, widest=104, has_numbers=True),
    _Look(30, text=13, cell=36, widest=44, has_numbers=True),
    _Look(float("inf"), text=11, cell=14, widest=14, has_numbers=False),
)


@dataclass(frozen=True)
class _View:
    """One way to read the matrix."""

    heading: str
    values: NDArray[np.float64]
    numbers: Sequence[Sequence[str]]


def draw_confusion(title: str, labels: Sequence[str], counts: NDArray[np.int64]) -> tuple[Image, Image]:
    """Return two pictures of the matrix, of one size: the counts, and every cell in percent of its row.

    The right answers on the diagonal are grey; the others go from pale yellow to dark red, the darkest being
    the most frequent confusion. Up to 30 classes there is a number in every cell.

    Args:
        title: The heading.
        labels: The classes' names, as many as the matrix has rows.
        counts: Shape (classes, classes); the row is the true class, the column the predicted one.

    Returns:
        Pictures with a palette, about 1100 by 700 pixels for ten classes.
    """
    look = next(look for look in _LOOKS if len(labels) <= look.most_classes)
    percent = normalized_rows(counts) * 100
    views = (
        _View(f"{title}: number of images", counts.astype(np.float64), _texts(counts, "{:,.0f}")),
        _View(f"{title}: percent of each true class", percent, _texts(percent, "{:.1f}")),
    )
    subtitle = _told(counts)
    plan = _Plan(look, labels, views, subtitle)
    frame = Canvas(plan.width, plan.height)
    _draw_frame(frame, plan, subtitle)
    first, second = (_draw(frame.copy(), plan, view) for view in views)
    return first, second


class _Plan:
    """Where everything goes."""

    def __init__(self, look: _Look, labels: Sequence[str], views: Sequence[_View], subtitle: str) -> None:
        self.has_numbers = look.has_numbers
        self.font, self.small_font = font_of(look.text), font_of(max(look.text - 3, 11))
        self.title_font = font_of(max(look.text + 6, 17))
        self.labels = [_shortened(label, self.font) for label in labels]
        longest = max(self.font.getlength(label) for label in self.labels)
        self.turned = longest + _PADDING > look.widest
        head = 0 if self.turned else round(longest) + _PADDING + 4
        longest_number = max((text for view in views for row in view.numbers for text in row), key=len)
        number = round(self.font.getlength(longest_number)) + _PADDING if look.has_numbers else 0
        self.cell_width = max(look.cell, head, number)
        self.cell_height = look.cell
        line = look.text + _PADDING
        self.title_top = _MARGIN
        self.subtitle_top = self.title_top + look.text + 6 + _PADDING
        self.axis_top = self.subtitle_top + line + _PADDING
        heads = round(longest) if self.turned else look.text
        self.top = self.axis_top + line + heads + 2 * _PADDING
        self.left = _MARGIN + round(max(longest, self.small_font.getlength(_TRUE))) + _PADDING + 4
        texts = (
            *(self.title_font.getlength(view.heading) for view in views),
            self.small_font.getlength(subtitle),
            self.left - _MARGIN + self.small_font.getlength(_PREDICTED),
            self.left - _MARGIN + len(labels) * self.cell_width,
        )
        self.width = round(max(texts)) + 2 * _MARGIN
        self.height = self.top + len(labels) * self.cell_height + _MARGIN

    def cell(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom; the last two are inside."""
        x, y = self.left + column * self.cell_width, self.top + row * self.cell_height
        return x, y, x + self.cell_width - 1 - _GAP, y + self.cell_height - 1 - _GAP


def _draw_frame(canvas: Canvas, plan: _Plan, subtitle: str) -> None:
    """Draw what both pictures have: the names of rows and columns, and what all of it means."""
    canvas.soft_text((_MARGIN, plan.subtitle_top), subtitle, plan.small_font)
    canvas.soft_text((plan.left, plan.axis_top), _PREDICTED, plan.small_font)
    base = plan.top - _PADDING - 2
    canvas.soft_text((plan.left - _PADDING - 2, base), _TRUE, plan.small_font, anchor="rs")
    for index, label in enumerate(plan.labels):
        left, top, right, bottom = plan.cell(index, index)
        place = (plan.left - _PADDING - 2, (top + bottom) / 2)
        canvas.text(place, label, plan.font, anchor="rm")
        head = ((left + right) / 2, base)
        if plan.turned:
            canvas.turned_text(head, label, plan.font, plan.cell_width)
        else:
            canvas.text(head, label, plan.font, anchor="ms")


def _draw(canvas: Canvas, plan: _Plan, view: _View) -> Image:
    canvas.text((_MARGIN, plan.title_top), view.heading, plan.title_font)
    wrong = np.where(np.eye(len(plan.labels), dtype=bool), 0, view.values)
    levels = (wrong / max(float(wrong.max()), 1e-9)) ** _LIFT
    for row, column in np.ndindex(view.values.shape):
        left, top, right, bottom = box = plan.cell(row, column)
        if row == column:
            canvas.fill(box, RIGHT)
        else:
            canvas.fill(box, ground_of(float(levels[row, column])) if view.values[row, column] else NONE)
        if plan.has_numbers:
            middle = ((left + right) / 2, (top + bottom) / 2)
            canvas.text(middle, view.numbers[row][column], plan.font, anchor="mm")
    return canvas.image()


def _told(counts: NDArray[np.int64]) -> str:
    total = int(counts.sum())
    right = f", {np.trace(counts) / total:.1%} right" if total else ""
    return f"{total:,} images{right}; grey: right answers, red: the most frequent confusion"


def _texts(values: NDArray[np.generic], form: str) -> list[list[str]]:
    """Return the numbers as they stand in the cells; no digits are spent on none."""
    return [[form.format(value) if value else "0" for value in row] for row in values.tolist()]


def _shortened(label: str, font: Font) -> str:
    """Return the name, cut off where it is too long for a head."""
    if font.getlength(label) <= _LONGEST_HEAD:
        return label
    while label and font.getlength(f"{label}…") > _LONGEST_HEAD:
        label = label[:-1]
    return f"{label}…"
