"""Columns of a terminal table: as many parameters as the terminal is wide, one line a trial."""

from __future__ import annotations

from collections.abc import Sequence

from swatch.report.labels import format_value, short_names
from swatch.sweep.records import TrialRecord, TrialState

STATE_STYLES = {
    TrialState.FINISHED: "green",
    TrialState.STOPPED: "yellow",
    TrialState.RUNNING: "cyan",
    TrialState.WAITING: "dim",
    TrialState.FAILED: "red",
    TrialState.CRASHED: "red",
}
PADDING = 3
"""A column's border and its spaces."""
REST = "more parameters"
"""The heading of the column that several parameters share."""
_REST_WIDTH = len(REST)


def fitting_columns(
    rows: Sequence[TrialRecord], keys: Sequence[str], room: int, *, whole: bool = False
) -> dict[str, list[str]]:
    """Return the parameters' columns, as many as ``room`` characters hold; the others share the last one.

    What does not fit there is cut off, unless the ``whole`` of it is wanted, to be wrapped.
    """
    names = short_names(keys)
    columns = {
        names[key]: [format_value(row.point[key]) if key in row.point else "–" for row in rows]
        for key in keys
    }
    widths = {name: column_width(name, cells) + PADDING for name, cells in columns.items()}
    if sum(widths.values()) <= room:
        return columns
    shown: dict[str, list[str]] = {}
    room -= _REST_WIDTH + PADDING
    if room < 0:
        return shown
    for name, cells in columns.items():
        if widths[name] > room:
            break
        room -= widths[name]
        shown[name] = cells
    room += _REST_WIDTH
    rest = [name for name in columns if name not in shown]
    texts = [
        " ".join(f"{name}={columns[name][index]}" for name in rest if columns[name][index] != "–")
        for index in range(len(rows))
    ]
    shown[REST] = texts if whole else [cut(text, room) for text in texts]
    return shown


def cut(text: str, width: int) -> str:
    """Return the text, shortened with an ellipsis if it is wider."""
    return text if len(text) <= width else text[: width - 1] + "…"


def column_width(name: str, cells: Sequence[str]) -> int:
    """Return the width of a column's widest cell, its heading included."""
    return max(map(len, (name, *cells)))
