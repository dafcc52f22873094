"""The best of a sweep in the terminal: by result, by model mean, or the front of several metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swatch.report.labels import (
    count_of,
    format_metric,
    format_seconds,
    format_spread,
    format_value,
    metric_label,
    short_names,
)
from swatch.report.ranking import best_epoch, best_trial, result_text
from swatch.report.terminal.columns import REST, STATE_STYLES, lay_out
from swatch.report.terminal.tables import best_table, differing, trials_table
from swatch.report.terminal.title import table_title
from swatch.sweep.records import TrialState

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from swatch.sweep.records import TrialRecord
    from swatch.sweep.results.standing import Standing

_MODEL_COLUMN = "model mean"
# Which way each metric is better.
_ARROWS = {"maximize": "↑", "minimize": "↓"}


def show_best(standing: Standing, top: int, out: Console) -> None:
    """Print the ``top`` best trials, and beside the best result what the model thinks of it.

    Of several metrics, the trials of the Pareto front. ``standing`` has a trial with a value.
    """
    if standing.has_several_metrics:
        out.print(front_table(standing, width=out.width))
        out.print(front_line(standing), markup=False, soft_wrap=True)
    else:
        best = best_trial(standing.sweep, standing.trials)
        assert best is not None
        if top == 1:
            out.print(best_table(standing.sweep, best))
        else:
            cells = {
                each.trial: format_spread(each.mean, each.deviation)
                for each in standing.expectations.values()
            }
            more = {_MODEL_COLUMN: cells} if cells else None
            shown = standing.by_run or standing.trials
            out.print(trials_table(standing.sweep, shown, top, width=out.width, more=more, whole=True))
        for line in luck_lines(standing):
            out.print(line, markup=False, soft_wrap=True)
    for line in progress_lines(standing):
        out.print(line, markup=False, soft_wrap=True, style="yellow")


def luck_lines(standing: Standing) -> list[str]:
    """Return which trial is best by model mean, how it differs from the best run, and what that means."""
    if not standing.by_mean:
        return []
    run, mean = standing.by_run[0], standing.by_mean[0]
    expected = standing.expectations[mean.number]
    line = (
        f"Best run: trial {run.number}, {result_text(run)}. Best by model mean: trial {mean.number}, "
        f"expected {format_spread(expected.mean, expected.deviation)}"
    )
    if expected.deviation is None:
        line += " (too few trials have finished to say give or take how much)"
    if run.number == mean.number:
        return [
            f"{line}. It is the same one; as the best of many single results it may still owe a part to luck."
        ]
    line += f"; its own result was {result_text(mean)}"
    differences = _differences(mean, run)
    if differences:
        line += f". It has {differences}"
    settle = f"`swatch best {standing.sweep.id} --retrain-top 3 --seeds 3`"
    meaning = (
        "The best of many single results owes part of its lead to luck; the model's mean goes by similar "
        "trials too"
    )
    if standing.sweep.function is not None:
        return [f"{line}.", f"{meaning}."]
    return [f"{line}.", f"{meaning}; {settle} settles which is better."]


def progress_lines(standing: Standing) -> list[str]:
    """Return what to know of the trials that have not ended, or not well; nothing if all have."""
    lines = []
    best = best_trial(standing.sweep, standing.trials)
    if best is not None and not best.state.has_result:
        lines.append(f"Trial {best.number} is still {best.state.value}; that is its best value so far.")
    if standing.unfinished:
        lines.append(
            f"{count_of(standing.unfinished, 'trial')} of {len(standing.trials)} "
            f"{'has' if standing.unfinished == 1 else 'have'} not ended yet: this is the best so far."
        )
    return lines


def front_table(standing: Standing, *, width: int = 120) -> Table:
    """Return the trials of the Pareto front with all metrics, one line each, and how they differ."""
    from rich.table import Table
    from rich.text import Text

    from swatch.sweep.search.pareto import values_of

    shown = list(standing.front)
    title = f"Pareto front of sweep {standing.sweep.id}, {len(shown)} of {len(standing.by_run)} trials"
    table = Table(title=table_title(title), title_justify="left")
    values = [values_of(trial, standing.metrics) or () for trial in shown]
    epochs = [best_epoch(trial) for trial in shown]
    facts = {
        "trial": [str(trial.number) for trial in shown],
        "state": [trial.state.value for trial in shown],
        **{
            f"{metric_label(metric.name)} {_ARROWS[metric.goal]}": [
                format_metric(each[place]) for each in values
            ]
            for place, metric in enumerate(standing.metrics)
        },
        "best epoch": ["–" if epoch is None else str(epoch) for epoch in epochs],
        "time": [format_seconds(trial.seconds) for trial in shown],
    }
    if all(trial.state is TrialState.FINISHED for trial in shown):
        del facts["state"]
    layout = lay_out(facts, shown, differing(shown), width, whole=True)
    for name, heading in layout.headings.items():
        table.add_column(Text(heading), justify="left" if name == "state" else "right", no_wrap=True)
    for name in layout.parameters:
        table.add_column(Text(name), no_wrap=name != REST)
    for index, trial in enumerate(shown):
        styles = {"state": STATE_STYLES[trial.state]}
        cells = [Text(column[index], styles.get(name, "")) for name, column in facts.items()]
        table.add_row(*cells, *(Text(column[index]) for column in layout.parameters.values()))
    return table


def front_line(standing: Standing) -> str:
    """Return what the front is, in words."""
    names = " and ".join(metric_label(metric.name) for metric in standing.metrics)
    return (
        f"No other trial is at least as good as one of these in {names} and better in one of them; which is "
        f"best is for you to weigh. `swatch best {standing.sweep.id} --trial N` shows one of "
        "them, and exports or retrains it."
    )


def _differences(trial: TrialRecord, other: TrialRecord) -> str:
    """Return the parameters of ``trial`` that ``other`` has not, with the other's values in brackets."""
    keys = list(dict.fromkeys((*trial.point, *other.point)))
    names = short_names(keys)

    def shown(point: TrialRecord, key: str) -> str:
        return format_value(point.point[key]) if key in point.point else "–"

    return ", ".join(
        f"{names[key]} {shown(trial, key)} (not {shown(other, key)})"
        for key in keys
        if shown(trial, key) != shown(other, key) and key in trial.point
    )
