"""Charts of dots."""

from __future__ import annotations

import math

from swatch.report.terminal.text_chart import line_chart


def dots(chart: str) -> int:
    return sum(
        (ord(character) - 0x2800).bit_count() for character in chart if 0x2800 <= ord(character) < 0x2900
    )


def test_a_diagonal_goes_from_corner_to_corner() -> None:
    lines = line_chart([0, 1], [0, 1], width=10, height=5).split("\n")
    assert len(lines) == 7
    assert lines[0].startswith("1 ┤")
    assert lines[4].startswith("0 ┤")
    assert ord(lines[0][-1]) & 0x08, "top right"
    assert ord(lines[4][3]) & 0x40, "bottom left"
    assert lines[-1].split() == ["0", "1"]


def test_every_dot_of_a_flat_line_is_there() -> None:
    assert dots(line_chart(range(100), [3.0] * 100, width=20, height=4)) == 40


def test_the_axis_may_be_logarithmic() -> None:
    rates = [10.0**power for power in range(-5, 1)]
    even = line_chart(range(6), range(6), width=30, height=6)
    assert line_chart(rates, range(6), width=30, height=6, log_x=True).split("\n")[:6] == even.split("\n")[:6]


def test_gaps_stay_open_and_nothing_is_no_error() -> None:
    whole = dots(line_chart([0, 1, 2, 3], [0, 0, 0, 0], width=8, height=2))
    assert dots(line_chart([0, 1, 2, 3], [0, math.nan, 0, 0], width=8, height=2)) < whole
    assert line_chart([], []) == line_chart([1], [math.inf]) == "(nothing to draw)"
