"""Tables for the terminal: a sweep's best configuration, and its trials from best to worst."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from swatch.report.labels import format_metric, format_seconds, format_value, metric_label
from swatch.report.ranking import best_epoch, ranked, result_text
from swatch.report.terminal.columns import REST, STATE_STYLES, lay_out
from swatch.report.terminal.title import table_title
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


def best_table(sweep: SweepRecord, trial: TrialRecord, *, title: str | None = None) -> Table:
    """Return the trial's result and parameters, one a row; it is the best one unless ``title`` says else."""
    from rich.table import Table
    from rich.text import Text

    title = title or f"Best of sweep {sweep.id}: trial {trial.number}"
    table = Table(title=table_title(title), title_justify="left", show_header=False)
    table.add_column(style="dim", overflow="fold")
    table.add_column(overflow="fold")
    epoch = best_epoch(trial)
    at = f" at epoch {epoch}" if epoch is not None and not trial.runs else ""
    table.add_row(
        metric_label(sweep.metric),
        Text(result_text(trial), style="bold green") + Text(at, style="dim"),
    )
    if trial.values:
        each = ", ".join(f"{format_metric(value)} (seed {seed})" for seed, value in trial.values.items())
        table.add_row("each seed", Text(each))
    table.add_row("state", _state(trial))
    if trial.reason:
        table.add_row("reason", Text(trial.reason))
    if trial.seconds is not None:
        table.add_row("time", format_seconds(trial.seconds))
    table.add_row(*_runs_row(trial))
    table.add_section()
    for key, value in trial.point.items():
        table.add_row(Text(key), Text(format_value(value)))
    return table


def trials_table(
    sweep: SweepRecord,
    trials: Iterable[TrialRecord],
    top: int | None = None,
    *,
    width: int = 120,
    more: Mapping[str, Mapping[int, str]] | None = None,
    whole: bool = False,
) -> Table:
    """Return the ``top`` best trials (None: all), best first, one line each, with the parameters that differ.

    As many parameters get a column of their own as ``width`` characters hold; the others share the last one,
    which is cut off, or wrapped if the ``whole`` of it is wanted. ``more`` has further columns: heading to
    trial number to cell.
    """
    from rich.table import Table
    from rich.text import Text

    order = ranked(sweep, trials)
    shown = order if top is None else order[:top]
    title = f"Trials of sweep {sweep.id}"
    if len(shown) < len(order):
        title += f", the best {len(shown)} of {len(order)}"
    table = Table(title=table_title(title), title_justify="left")
    epochs = [best_epoch(trial) for trial in shown]
    facts = {
        "trial": [str(trial.number) for trial in shown],
        "state": [trial.state.value for trial in shown],
        metric_label(sweep.metric): [result_text(trial) for trial in shown],
        **{name: [cells.get(trial.number, "–") for trial in shown] for name, cells in (more or {}).items()},
        "best epoch": ["–" if epoch is None else str(epoch) for epoch in epochs],
        "time": [format_seconds(trial.seconds) for trial in shown],
    }
    if whole and all(trial.state is TrialState.FINISHED for trial in shown):
        del facts["state"]
    reasons = [trial.reason or "" for trial in shown]
    layout = lay_out(facts, shown, differing(shown), width, reasons=reasons, whole=whole)
    for name, heading in layout.headings.items():
        table.add_column(Text(heading), justify="left" if name == "state" else "right", no_wrap=True)
    for name in layout.parameters:
        table.add_column(Text(name), no_wrap=name != REST)
    if layout.reasons:
        table.add_column("reason", no_wrap=True, style="dim")
    for index, trial in enumerate(shown):
        styles = {
            "state": STATE_STYLES[trial.state],
            metric_label(sweep.metric): "bold" if index == 0 else "",
        }
        cells = [Text(column[index], styles.get(name, "")) for name, column in facts.items()]
        cells += [Text(column[index]) for column in layout.parameters.values()]
        table.add_row(*cells, *map(Text, layout.reasons[index : index + 1]))
    return table


def differing(trials: list[TrialRecord]) -> list[str]:
    """Return the parameters in which the trials differ (all of them for one trial), in the points' order."""
    keys = list(dict.fromkeys(key for trial in trials for key in trial.point))
    if len(trials) < 2:
        return keys
    return [key for key in keys if len({repr(trial.point.get(key)) for trial in trials}) > 1]


def _runs_row(trial: TrialRecord) -> tuple[str, Text]:
    from rich.text import Text

    if not trial.runs:
        return "run", Text(trial.run_id)
    return "runs", Text("\n".join(run.run_id for run in trial.runs))


def _state(trial: TrialRecord) -> Any:
    from rich.text import Text

    return Text(trial.state.value, style=STATE_STYLES[trial.state])
