"""A sweep before it starts, as the terminal shows it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from swatch.sweep.distributions import Constant
from swatch.sweep.names import counted
from swatch.sweep.preview.preview import Candidate, Preview

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_NO_END = "∞"
_WIDEST = 16
# Names of parameters up to this width are never broken.
_WHOLE_NAMES = 32
"""Of a value; longer ones are cut."""


def preview_parts(preview: Preview, agents: int, *, width: int) -> list[RenderableType]:
    """Return the space, the next configurations and the estimate, from top to bottom."""
    parts: list[RenderableType] = [_space_table(preview), _size_line(preview), ""]
    if preview.candidates:
        parts += [_candidates_title(preview), *_candidates_tables(preview, width), ""]
    return [*parts, _plan_line(preview, agents), _time_line(preview, agents), "Nothing was started."]


def _space_table(preview: Preview) -> Table:
    from rich.table import Table
    from rich.text import Text

    from swatch.report.terminal.title import table_title

    space = preview.prepared.space
    table = Table(title=table_title(f"Space of sweep {preview.sweep_id}"), title_justify="left")
    longest = max((len(key) for key in space.parameters), default=0)
    table.add_column("parameter", overflow="fold", no_wrap=longest <= _WHOLE_NAMES)
    table.add_column("values", overflow="fold")
    table.add_column("number", justify="right")
    if space.conditions:
        table.add_column("only with", overflow="fold")
    for is_constant in (False, True):
        for key, distribution in space.parameters.items():
            if isinstance(distribution, Constant) is not is_constant:
                continue
            size = "–" if is_constant else _NO_END if distribution.size is None else f"{distribution.size:,}"
            said = distribution.describe()
            cells = [Text(key), Text(f"always {said}" if is_constant else said), Text(size)]
            if space.conditions:
                needs = space.conditions.get(key, {}).items()
                cells.append(Text(", ".join(f"{group}={' or '.join(sorted(c))}" for group, c in needs)))
            table.add_row(*cells)
        table.add_section()
    return table


def _size_line(preview: Preview) -> str:
    space = preview.prepared.space
    if space.size is not None:
        return f"Grid size: {counted_large(space.size, 'configuration')}."
    endless = [key for key, distribution in space.swept.items() if distribution.size is None]
    return f"Grid size: without end, because of {', '.join(endless)}."


def counted_large(number: int, noun: str) -> str:
    """Return ``1 trial``, ``1,200 trials``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def differing_keys(candidates: Sequence[Candidate]) -> list[str]:
    """Return the keys in which the composed configs differ, swept ones first; all swept ones of one alone."""
    swept = list(dict.fromkeys(key for candidate in candidates for key in candidate.point))
    keys = list(dict.fromkeys([*swept, *(key for candidate in candidates for key in candidate.config)]))
    if len(candidates) == 1:
        return swept
    return [
        key
        for key in keys
        # A class follows from the choice of its group.
        if (key in swept or not key.endswith("_target_"))
        and len({repr(candidate.config.get(key, _ABSENT)) for candidate in candidates}) > 1
    ]


class _Absent:
    """Stands for a key that a config does not have."""

    def __repr__(self) -> str:
        return "absent"


_ABSENT: Any = _Absent()


def _candidates_title(preview: Preview) -> str:
    first = "next" if preview.trials else "first"
    number = len(preview.candidates)
    count = "configuration" if number == 1 else f"{number} configurations"
    composed = "" if preview.prepared.request.function is not None else " as Hydra composes them"
    if number == 1:
        composed = composed.replace("them", "it")
    return f"The {first} {count}{composed}{', where they differ' if number > 1 else ''}:"


def _candidates_tables(preview: Preview, width: int) -> list[Table]:
    """Return the configurations side by side, in as many tables as the terminal's width asks for."""
    from rich.table import Table
    from rich.text import Text

    candidates, rows = preview.candidates, differing_keys(preview.candidates)
    cells = [[_cell(candidate, key) for key in rows] for candidate in candidates]
    name_width = max(len(key) for key in (*rows, "trial")) + 4
    widest = max(len(cell) for column in cells for cell in (*column, "12"))
    room = max(1, (width - name_width) // (widest + 3))
    # Tables of about the same width.
    side_by_side = math.ceil(len(candidates) / math.ceil(len(candidates) / room))
    tables = []
    for start in range(0, len(candidates), side_by_side):
        table = Table()
        table.add_column("trial", no_wrap=True)
        block = slice(start, start + side_by_side)
        for candidate in candidates[block]:
            table.add_column(str(candidate.number), justify="right", no_wrap=True)
        for row, key in enumerate(rows):
            table.add_row(Text(key), *(Text(column[row]) for column in cells[block]))
        tables.append(table)
    return tables


def _cell(candidate: Candidate, key: str) -> str:
    from swatch.report.labels import format_value
    from swatch.report.terminal.columns import cut

    if key not in candidate.config:
        return "–"
    value = candidate.config[key]
    return f"{value:.3g}" if isinstance(value, float) else cut(format_value(value), _WIDEST)


def _plan_line(preview: Preview, agents: int) -> str:
    prepared = preview.prepared
    over = sum(trial.state.is_over for trial in preview.trials)
    goes_on = f" goes on after {counted(over, 'trial')}" if preview.trials else ""
    trials = counted_large(prepared.count, "trial") if prepared.count is not None else "no limit of trials"
    seeds = f" of {prepared.request.repeats} seeds each" if prepared.request.repeats > 1 else ""
    return (
        f"Sweep {preview.sweep_id}{goes_on}: {prepared.search.method} search to {prepared.goal} "
        f"{prepared.metric}, {trials}{seeds}, {counted(agents, 'agent')}."
    )


def _time_line(preview: Preview, agents: int) -> str:
    estimate = preview.estimate
    if estimate is None:
        return "Time: unknown; the first trials will tell."
    # A trial of several seeds that was timed is one seed's training.
    factor = preview.prepared.request.repeats if not preview.trials else 1
    seconds = [factor * value for value in estimate.trial_seconds]
    mean, least, most = sum(seconds) / len(seconds), min(seconds), max(seconds)
    each = f"{_duration(mean)} a trial"
    if most > 1.2 * least:
        each += f" ({_duration(least)} to {_duration(most)})"
    if preview.left is None:
        return f"Time: about {each}, reckoned from {estimate.source}."
    total = mean * preview.left / max(1, min(agents, preview.left))
    less = ", less what early stopping saves" if preview.prepared.config.early_terminate is not None else ""
    return f"Time: about {_duration(total)}{less}: {each}, reckoned from {estimate.source}."


def _duration(seconds: float) -> str:
    """Return a duration; below a tenth of a second, where seconds would read 0.0, in milliseconds."""
    from swatch.report.labels import format_seconds

    return format_seconds(seconds) if seconds >= 0.1 else f"{max(1, round(1000 * seconds))} ms"
