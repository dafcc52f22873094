"""What came of training the best configurations again: a table, and in words which is better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from swatch.metrics import welch
from swatch.report.amounts import amount, signed_range
from swatch.report.labels import count_of, format_metric, format_spread, metric_label
from swatch.report.ranking import result_text
from swatch.report.terminal.columns import lay_out
from swatch.report.terminal.tables import differing
from swatch.report.terminal.title import table_title

if TYPE_CHECKING:
    from rich.table import Table

    from swatch.sweep.records import SweepRecord
    from swatch.sweep.results.contest import Contestant

SIGNIFICANT = 0.05


def order(sweep: SweepRecord, contestants: Sequence[Contestant]) -> list[Contestant]:
    """Return the contestants by their new mean, the best first; those without a result last."""
    sign = -1.0 if sweep.goal == "maximize" else 1.0
    return sorted(
        contestants,
        key=lambda each: (each.mean is None, sign * (each.mean or 0.0), each.trial.number),
    )


def contest_table(sweep: SweepRecord, contestants: Sequence[Contestant], *, width: int = 120) -> Table:
    """Return one line a configuration, the best new mean first, with the parameters that differ."""
    from rich.table import Table
    from rich.text import Text

    rows = order(sweep, contestants)
    trials = [each.trial for each in rows]
    title = f"The best of sweep {sweep.id}, trained again: {metric_label(sweep.metric)}"
    table = Table(title=table_title(title), title_justify="left")
    facts = {
        "trial": [str(trial.number) for trial in trials],
        "mean ± sd": [spread_text(each) for each in rows],
        "runs": [str(len(each.values)) for each in rows],
        "in the sweep": [result_text(trial) for trial in trials],
        "by run": [_place(each.by_run) for each in rows],
        "by mean": [_place(each.by_mean) for each in rows],
    }
    layout = lay_out(facts, trials, differing(trials), width)
    for heading in layout.headings.values():
        table.add_column(Text(heading), justify="right", no_wrap=True)
    for name in layout.parameters:
        table.add_column(Text(name), no_wrap=True)
    for index in range(len(rows)):
        cells = [Text(column[index]) for column in (*facts.values(), *layout.parameters.values())]
        cells[1].stylize("bold" if index == 0 else "")
        table.add_row(*cells)
    return table


def verdict(sweep: SweepRecord, contestants: Sequence[Contestant]) -> list[str]:
    """Return in words which ranking was right, whether the winner is better than the rest, and by how much.

    Welch's test, as configurations may differ in how much their seeds matter; over several comparisons with
    the winner Holm's correction.
    """
    ranked = [each for each in order(sweep, contestants) if each.values]
    lines = []
    by_run = next((each for each in ranked if each.by_run == 1), None)
    by_mean = next((each for each in ranked if each.by_mean == 1), None)
    compared: list[Contestant] = []
    if by_run is not None and by_mean is not None and by_run is not by_mean:
        lines.append(_best_run_or_mean(sweep, by_run, by_mean))
        compared = [by_run, by_mean]
    elif by_run is not None and by_run is by_mean:
        lines.append(f"The best run and the best by model mean are the same: trial {by_run.trial.number}.")
    # The first of the two rankings are one comparison of its own, planned before the runs.
    lines += _winner(ranked, compared if ranked and ranked[0] in compared else [])
    lines += _luck(by_run)
    lines += [
        f"left out: run {run.run_id} failed ({run.reason})"
        for each in contestants
        for run in each.runs
        if run.value is None
    ]
    return lines


def plain(sweep: SweepRecord, contestants: Sequence[Contestant]) -> dict[str, Any]:
    """Return everything as plain values, for a file."""
    return {
        "sweep": sweep.id,
        "metric": {"name": sweep.metric, "goal": sweep.goal},
        "configurations": [
            {
                "trial": each.trial.number,
                "place_by_run": each.by_run,
                "place_by_mean": each.by_mean,
                "in_the_sweep": each.trial.objective,
                "mean": each.mean,
                "deviation": each.deviation,
                "runs": [
                    {"run": run.run_id, "seed": run.seed, "value": run.value, "epoch": run.epoch}
                    for run in each.runs
                ],
            }
            for each in order(sweep, contestants)
        ],
        "verdict": verdict(sweep, contestants),
    }


def spread_text(contestant: Contestant) -> str:
    """Return mean and standard deviation, both with as many decimals where that shows something."""
    mean, deviation = contestant.mean, contestant.deviation
    if mean is None or deviation is None or abs(mean) < 0.001 or not 0.0001 <= deviation < 10_000:
        return format_spread(mean, deviation)
    return f"{format_metric(mean)} ± {deviation:.4f}"


def _place(place: int | None) -> str:
    return "–" if place is None else f"{place}."


def _best_run_or_mean(sweep: SweepRecord, by_run: Contestant, by_mean: Contestant) -> str:
    names = (
        f"the best run (trial {by_run.trial.number})",
        f"the best by model mean (trial {by_mean.trial.number})",
    )
    if min(len(by_run.values), len(by_mean.values)) < 2:
        return f"One run each says nothing of {names[0]} against {names[1]}: take --seeds 3 or more."
    test = welch(by_mean.values, by_run.values)
    sign = 1.0 if sweep.goal == "maximize" else -1.0
    better, worse = names[::-1] if sign * test.difference > 0 else names
    lead = amount(sweep.metric, abs(test.difference))
    if test.p_value < SIGNIFICANT:
        return f"{better.capitalize()} is better than {worse}, by {lead} on average ({_said(test.p_value)})."
    return (
        f"No difference can be told between {names[0]} and {names[1]}: {lead} on average in favour of "
        f"{better.split(' (')[0]}, with a 95% interval of {signed_range(sweep.metric, test.low, test.high)} "
        f"({_said(test.p_value)}). More seeds would tell smaller differences."
    )


def _winner(ranked: Sequence[Contestant], compared: Sequence[Contestant]) -> list[str]:
    """Say which has the best new mean, and which of those that it was not ``compared`` with it beats."""
    if len(ranked) < 2:
        return []
    first, *others = ranked
    text = f"Best on average: trial {first.trial.number}, {spread_text(first)}"
    tested = [
        each for each in others if each not in compared and min(len(first.values), len(each.values)) > 1
    ]
    if not tested:
        return [f"{text}."]
    p_values = _holm([welch(first.values, each.values).p_value for each in tested])
    beaten = [each for each, p_value in zip(tested, p_values, strict=True) if p_value < SIGNIFICANT]
    equal = [each for each in tested if each not in beaten]
    if beaten:
        text += f"; better than {_trials(beaten)} by more than chance"
    if equal:
        text += f"; {_trials(equal)} cannot be told from it"
    return [f"{text} (Welch's test{', Holm-corrected' if len(tested) > 1 else ''}, 5%)."]


def _luck(by_run: Contestant | None) -> list[str]:
    """Say how much of the best run's result was luck."""
    if by_run is None or by_run.mean is None or by_run.trial.objective is None:
        return []
    runs = count_of(len(by_run.values), "new run")
    return [
        f"The best run of the sweep had {format_metric(by_run.trial.objective)}; {runs} of the same "
        f"configuration with other seeds have {format_metric(by_run.mean)} on average."
    ]


def _holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number.

    S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        largest = max(largest, min(1.0, p_values[place] * (len(p_values) - rank)))
        corrected[place] = largest
    return corrected


def _trials(contestants: Sequence[Contestant]) -> str:
    numbers = [str(each.trial.number) for each in contestants]
    return (
        f"trial {numbers[0]}" if len(numbers) == 1 else f"trials {', '.join(numbers[:-1])} and {numbers[-1]}"
    )


def _said(p_value: float) -> str:
    return "Welch's test, p < 0.001" if p_value < 0.001 else f"Welch's test, p = {p_value:.3f}"
