"""Columns of a terminal table: as many parameters as the terminal is wide, one line a trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
_REASON_WIDTH = 40
"""The most of a reason that a table shows; the report has them whole."""
_LEAST_REASON = 10
_LEAST_PARAMETERS = 24

Columns = dict[str, list[str]]
"""Heading to cells."""


@dataclass(frozen=True)
class Layout:
    """What of a table a terminal has room for."""

    headings: Mapping[str, str]
    """Of the columns that are always there, by name; in two lines where the room is short."""
    parameters: Columns
    reasons: list[str]
    """Empty if there are none, or no room for them."""


def lay_out(
    facts: Mapping[str, Sequence[str]],
    rows: Sequence[TrialRecord],
    keys: Sequence[str],
    width: int,
    *,
    reasons: Sequence[str] = (),
    whole: bool = False,
) -> Layout:
    """Return what of the parameters and of the reasons fits beside ``facts``, whose numbers stay whole.

    Args:
        facts: the columns that are always there.
        rows: the trials, one line each.
        keys: the parameters.
        width: of the terminal, in characters.
        reasons: why trials ended; they yield to the parameters.
        whole: of parameters without a column of their own everything is wanted, to be wrapped.
    """
    columns = _parameters(rows, keys)
    headings = {name: name for name in facts}
    wanted = min(column_width("reason", reasons), _REASON_WIDTH) if any(reasons) else 0
    taken = _total(columns) + (wanted + PADDING if wanted else 0)
    if _room(facts, headings, width) >= taken:
        return Layout(headings, columns, [cut(reason, wanted) for reason in reasons] if wanted else [])
    headings = {name: _folded(name, cells) for name, cells in facts.items()}
    room = _room(facts, headings, width)
    if wanted:
        wanted = min(wanted, max(_LEAST_REASON, room // 3, room - _total(columns) - PADDING))
        wanted = wanted if wanted + PADDING <= room - min(_LEAST_PARAMETERS, _total(columns)) else 0
        room -= wanted + PADDING if wanted else 0
    shown = _fitting(columns, room, len(rows), whole=whole)
    return Layout(headings, shown, [cut(reason, wanted) for reason in reasons] if wanted else [])


def _parameters(rows: Sequence[TrialRecord], keys: Sequence[str]) -> Columns:
    names = short_names(keys)
    return {
        names[key]: [format_value(row.point[key]) if key in row.point else "–" for row in rows]
        for key in keys
    }


def _room(facts: Mapping[str, Sequence[str]], headings: Mapping[str, str], width: int) -> int:
    return width - 1 - sum(column_width(headings[name], cells) + PADDING for name, cells in facts.items())


def _total(columns: Columns) -> int:
    return sum(column_width(name, cells) + PADDING for name, cells in columns.items())


def _folded(name: str, cells: Sequence[str]) -> str:
    """Return a heading that is wider than its column in two lines, as even as its words allow."""
    spaces = [place for place, character in enumerate(name) if character == " "]
    if not spaces or len(name) <= max(map(len, cells), default=0):
        return name
    middle = min(spaces, key=lambda place: max(place, len(name) - place - 1))
    return f"{name[:middle]}\n{name[middle + 1 :]}"


def _fitting(columns: Columns, room: int, count: int, *, whole: bool) -> Columns:
    """Return as many columns of ``count`` cells as ``room`` holds; the others share the last one."""
    widths = {name: column_width(name, cells) + PADDING for name, cells in columns.items()}
    if sum(widths.values()) <= room:
        return columns
    shown: Columns = {}
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
        for index in range(count)
    ]
    shown[REST] = texts if whole else [cut(text, room) for text in texts]
    return shown


def cut(text: str, width: int) -> str:
    """Return the text, shortened with an ellipsis if it is wider."""
    return text if len(text) <= width else text[: width - 1] + "…"


def column_width(name: str, cells: Sequence[str]) -> int:
    """Return the width of a column's widest cell, the lines of its heading included."""
    return max(map(len, (*name.split("\n"), *cells)))
