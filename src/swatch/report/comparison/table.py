"""Runs side by side in the terminal."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from swatch.report.labels import finite, format_metric, format_p_value, format_seconds, format_value

if TYPE_CHECKING:
    from rich.table import Table

    from swatch.evaluation.comparing import ComparedRun, Comparison, Pairs
    from swatch.metrics import McNemar

BLOCKS = "▁▂▃▄▅▆▇█"
SPARK_WIDTH = 24
METRICS = ("val/accuracy", "val/loss", "train/accuracy", "train/loss")
_NOT_METRICS = ("epoch", "step", "seconds", "timestamp")
# Below this a difference is called clear: the usual level.
SIGNIFICANT = 0.05
_AGAINST = "against the best"
# Between two columns.
_PADDING = 3


def comparison_table(
    comparison: Comparison,
    monitor: str,
    tests: Sequence[McNemar | None],
    best: int,
    names: Sequence[str],
) -> Table:
    """Return the table: a column for each run, the differing keys, the results, the curves.

    Args:
        comparison: of the runs.
        monitor: the metric whose curve is drawn.
        tests: each run against the best one; None where there is none.
        best: the place of the best run.
        names: what the runs are called, as :func:`fitting_names` found them.
    """
    from rich import box
    from rich.table import Table

    runs = comparison.runs
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    for place, name in enumerate(names):
        table.add_column(name, overflow="fold", style="bold" if place == best else "")
    for key, values in comparison.differences.items():
        table.add_row(key, *(_value(value) for value in values))
    table.add_section()
    for metric in shown_metrics(runs, monitor):
        table.add_row(metric, *(format_metric(run.best.get(metric)) for run in runs))
    table.add_row("best epoch", *(epoch_text(run) for run in runs))
    table.add_row("time", *(format_seconds(seconds_of(run)) for run in runs))
    weights = [run.summary.get("parameters") for run in runs]
    if any(isinstance(count, int) for count in weights):  # A function has parameters of another kind.
        table.add_row("parameters", *(f"{count:,}" if isinstance(count, int) else "–" for count in weights))
    table.add_row("status", *(run.status for run in runs))
    if any(test is not None for test in tests):
        shown = ["" if place == best else _test(test) for place, test in enumerate(tests)]
        table.add_row(_AGAINST, *shown)
    table.add_section()
    curves = [run.curve(monitor) for run in runs]
    table.add_row(_curve_label(monitor), *sparklines(curves))
    return table


def shown_metrics(runs: Sequence[ComparedRun], monitor: str) -> list[str]:
    """Return the metrics to show: the four of the network, or what a function reported, its metric first."""
    names: Sequence[str] = METRICS
    if monitor not in METRICS:
        reported = (key for run in runs for key in run.best if key not in _NOT_METRICS)
        names = list(dict.fromkeys((monitor, *reported)))
    return [name for name in names if any(finite(run.best.get(name)) is not None for run in runs)]


def fitting_names(comparison: Comparison, monitor: str, width: int) -> list[str]:
    """Return what the runs are called at the head of a table so many characters wide.

    These are their names; where there is no room for them, trials of one sweep go by their numbers (the
    table has their parameters), and other names get several lines.
    """
    runs = comparison.runs
    labels = [*comparison.differences, *shown_metrics(runs, monitor), _AGAINST, _curve_label(monitor)]
    room = (width - max(map(len, labels))) // len(runs) - _PADDING
    if all(len(run.name) <= room for run in runs):
        return [run.name for run in runs]
    numbers = {run.trial for run in runs}
    if len({run.sweep for run in runs}) == 1 and None not in numbers and len(numbers) == len(runs):
        return [f"trial {run.trial}" for run in runs]
    return [_broken(run.name, room) for run in runs]


def _broken(name: str, width: int) -> str:
    lines = [""]
    for word in re.split(r"(?<=[_-])", name):
        if lines[-1] and len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] += word
    return "\n".join(lines)


def _whole(name: str) -> str:
    return name.replace("\n", "")


def sparklines(curves: Sequence[Sequence[float | None]], width: int = SPARK_WIDTH) -> list[str]:
    """Return each curve as a line of blocks of at most ``width`` characters, all on one scale.

    Longer curves are cut into ``width`` parts, of which each shows its last value. A gap is a space.
    """
    known = [value for curve in curves for value in curve if value is not None and math.isfinite(value)]
    if not known:
        return ["" for _ in curves]
    low, span = min(known), (max(known) - min(known)) or 1.0

    def block(value: float | None) -> str:
        if value is None or not math.isfinite(value):
            return " "
        return BLOCKS[min(int((value - low) / span * len(BLOCKS)), len(BLOCKS) - 1)]

    lines = []
    for curve in curves:
        count = min(len(curve), width)
        ends = [(place + 1) * len(curve) // count - 1 for place in range(count)]
        lines.append("".join(block(curve[end]) for end in ends))
    return lines


def verdict_lines(names: Sequence[str], tests: Sequence[McNemar | None], best: int) -> list[str]:
    """Return what the tests say in words; nothing if there are none."""
    if all(test is None for test in tests):
        return []
    whole = [_whole(name) for name in names]
    alike = [name for name, test in zip(whole, tests, strict=True) if test and test.p_value >= SIGNIFICANT]
    said = f"not clearly better than {', '.join(alike)}" if alike else "clearly better than each of them"
    return [
        f"{whole[best]} is {said} (McNemar's test, 5%; in brackets the validation images that only it gets "
        "right, and those that only the other one does)."
    ]


def seed_lines(comparison: Comparison, monitor: str, names: Sequence[str]) -> list[str]:
    """Return a sentence for every group of runs that differ in their seed alone."""
    return [
        f"{len(group.places)} seeds of {_whole(names[group.places[0]])}: {monitor} "
        f"{format_metric(group.mean)} ± {format_metric(group.deviation)} (standard deviation)"
        for group in comparison.seed_groups(monitor)
    ]


def against(pairs: Pairs, count: int, best: int) -> list[McNemar | None]:
    """Return the best run's test against each of ``count`` runs; None where there is none."""
    return [pairs.get((best, place)) for place in range(count)]


def _curve_label(monitor: str) -> str:
    return f"{monitor}, curve"


def _value(value: Any) -> str:
    return "–" if value is None else format_value(value)


def epoch_text(run: ComparedRun) -> str:
    """Return the best epoch and how many there were."""
    epoch = run.best.get("epoch")
    return "–" if epoch is None else f"{epoch} of {len(run.history)}"


def seconds_of(run: ComparedRun) -> float | None:
    """Return the seconds of all epochs; None if none is known."""
    whole = finite(run.summary.get("seconds"))
    if whole is not None and run.is_of_function:  # Its epochs may have other seconds, its own.
        return whole
    seconds = [record.get("seconds") for record in run.history]
    known = [float(value) for value in seconds if isinstance(value, int | float)]
    return sum(known) if known else None


def _test(test: McNemar | None) -> str:
    if test is None:
        return "–"
    return f"p {format_p_value(test.p_value)} ({test.only_first:,} : {test.only_second:,})"
