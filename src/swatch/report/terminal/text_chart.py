"""Line charts for the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

# The dots of a braille character, from the bottom of its left and right column upwards.
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
_BLANK = 0x2800


def line_chart(
    x: Sequence[float],
    y: Sequence[float],
    *,
    width: int = 72,
    height: int = 12,
    log_x: bool = False,
    x_label: str = "",
) -> str:
    """Return a line through the points as text, eight dots to a character, with the ends of both axes.

    Args:
        x: places, rising; above 0 if ``log_x``.
        y: values, as many; those that are not finite leave a gap.
        width: characters of the drawing itself.
        height: lines of the drawing itself.
        log_x: the horizontal axis is logarithmic.
        x_label: what the horizontal axis is.
    """
    places = [math.log(value) if log_x else float(value) for value in x]
    finite = [value for value in y if math.isfinite(value)]
    if not finite or not places:
        return "(nothing to draw)"
    low, high = min(finite), max(finite)
    span, reach = (high - low) or 1.0, (places[-1] - places[0]) or 1.0
    columns, rows = 2 * width, 4 * height
    cells = [[0] * width for _ in range(height)]
    previous: tuple[int, int] | None = None
    for place, value in zip(places, y, strict=True):
        if not math.isfinite(value):
            previous = None
            continue
        point = (
            round((place - places[0]) / reach * (columns - 1)),
            round((value - low) / span * (rows - 1)),
        )
        for column, row in _between(previous or point, point):
            cells[height - 1 - row // 4][column // 2] |= _DOTS[column % 2][row % 4]
        previous = point
    names = [f"{value:.4g}" for value in (high, low)]
    margin = max(map(len, names))
    lines = []
    for number, line in enumerate(cells):
        name = names[0] if number == 0 else names[1] if number == height - 1 else ""
        lines.append(f"{name:>{margin}} ┤{''.join(chr(_BLANK + cell) for cell in line)}")
    first, last = f"{x[0]:.4g}", f"{x[-1]:.4g}"
    middle = x_label.center(width - len(first) - len(last))
    lines.append(f"{'':>{margin}} └{'─' * width}")
    lines.append(f"{'':>{margin}}  {first}{middle}{last}")
    return "\n".join(lines)


def _between(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the dots of a straight line, both ends included."""
    count = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    return [
        (
            round(start[0] + (end[0] - start[0]) * step / count),
            round(start[1] + (end[1] - start[1]) * step / count),
        )
        for step in range(count + 1)
    ]
