"""Tables for the terminal: a sweep's best configuration, and its trials from best to worst."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from swatch.report.labels import format_metric, format_seconds, format_value, metric_label, short_names
from swatch.report.ranking import best_epoch, ranked, value_of
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState

if TYPE_CHECKING:
    from rich.table import Table

_STYLES = {
    TrialState.FINISHED: "green",
    TrialState.STOPPED: "yellow",
    TrialState.RUNNING: "cyan",
    TrialState.WAITING: "dim",
    TrialState.FAILED: "red",
    TrialState.CRASHED: "red",
}
_COLUMNS_IN_ALL = 6
"""Parameters that ``trials_table`` shows beside each other; those that differ most often come first."""


def best_table(sweep: SweepRecord, trial: TrialRecord) -> Table:
    """Return the trial's result and parameters, one a row."""
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(f"Best of sweep {sweep.id}: trial {trial.number}"), title_justify="left", show_header=False
    )
    table.add_column(style="dim", overflow="fold")
    table.add_column(overflow="fold")
    epoch = best_epoch(trial)
    at = f" at epoch {epoch}" if epoch is not None else ""
    table.add_row(
        metric_label(sweep.metric),
        Text(format_metric(value_of(trial)), style="bold green") + Text(at, style="dim"),
    )
    table.add_row("state", _state(trial))
    if trial.reason:
        table.add_row("reason", Text(trial.reason))
    if trial.seconds is not None:
        table.add_row("time", format_seconds(trial.seconds))
    table.add_row("run", Text(trial.run_id))
    table.add_section()
    for key, value in trial.point.items():
        table.add_row(Text(key), Text(format_value(value)))
    return table


def trials_table(sweep: SweepRecord, trials: Iterable[TrialRecord], top: int | None = None) -> Table:
    """Return the ``top`` best trials (None: all), best first, with the parameters in which they differ.

    At most six parameters get a column of their own, so that the table fits a terminal; the others that
    differ follow in one column as ``name=value``.
    """
    from rich.table import Table
    from rich.text import Text

    order = ranked(sweep, trials)
    shown = order if top is None else order[:top]
    keys = _differing(shown)
    names = {key: Text(name) for key, name in short_names(keys).items()}
    columns, others = keys[:_COLUMNS_IN_ALL], keys[_COLUMNS_IN_ALL:]
    title = f"Trials of sweep {sweep.id}"
    if len(shown) < len(order):
        title += f", the best {len(shown)} of {len(order)}"
    table = Table(title=Text(title), title_justify="left")
    table.add_column("trial", justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column(Text(metric_label(sweep.metric)), justify="right")
    for key in columns:
        numeric = all(isinstance(trial.point.get(key), int | float | None) for trial in shown)
        table.add_column(names[key], justify="right" if numeric else "left", overflow="fold")
    if others:
        table.add_column("other parameters", overflow="fold")
    table.add_column("best epoch", justify="right")
    table.add_column("time", justify="right", no_wrap=True)
    if any(trial.reason for trial in shown):
        table.add_column("reason", overflow="fold", style="dim")
    for index, trial in enumerate(shown):
        value = Text(format_metric(value_of(trial)), style="bold" if index == 0 else "")
        epoch = best_epoch(trial)
        cells: list[Any] = [str(trial.number), _state(trial), value]
        cells += [_cell(trial, key) for key in columns]
        if others:
            pairs = (f"{names[key]}={format_value(trial.point[key])}" for key in others if key in trial.point)
            cells.append(Text(" ".join(pairs)))
        cells += ["–" if epoch is None else str(epoch), format_seconds(trial.seconds)]
        table.add_row(*cells, *([Text(trial.reason)] if trial.reason else []))
    return table


def _differing(trials: list[TrialRecord]) -> list[str]:
    """Return the parameters in which the trials differ (all of them for one trial), in the points' order."""
    keys = list(dict.fromkeys(key for trial in trials for key in trial.point))
    if len(trials) < 2:
        return keys
    return [key for key in keys if len({repr(trial.point.get(key)) for trial in trials}) > 1]


def _cell(trial: TrialRecord, key: str) -> Any:
    from rich.text import Text

    return Text(format_value(trial.point[key])) if key in trial.point else Text("–", style="dim")


def _state(trial: TrialRecord) -> Any:
    from rich.text import Text

    return Text(trial.state.value, style=_STYLES[trial.state])
