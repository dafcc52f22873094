"""Runs side by side as one HTML page: results, differing keys, curves, confusion matrices, the test."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swatch.evaluation.comparing import ComparedRun, Comparison, Pairs
from swatch.metrics import McNemar
from swatch.report.comparison.table import SIGNIFICANT, against, epoch_text, seconds_of, shown_metrics
from swatch.report.confusion import confusion_of
from swatch.report.frame import STANDALONE, Frame
from swatch.report.labels import finite, format_metric, metric_label
from swatch.report.rendering import asset, environment, write_page
from swatch.report.run.curves import is_metric
from swatch.report.sweep.page_data import script_json

_SCRIPTS = ("theme.js", "controls.js", "plotly_loading.js", "lines.js", "matrices.js", "comparison.js")
COLOURS = 10
"""Runs beyond this repeat a colour and are told apart by their dashes."""
MOST_CLASSES = 30
_LONGEST_NAME = 28
_ASKED = "McNemar's test needs both networks and the same validation images."
_KEPT = (
    "McNemar's test here needs the answers that `swatch evaluate RUN` keeps, of both runs and for the same "
    "validation images; `swatch compare RUN RUN --output FILE.html` asks the networks itself."
)


@dataclass(frozen=True)
class RunRow:
    """One run's line in the table of results."""

    run: ComparedRun
    label: str
    address: str | None
    measured: tuple[float | None, ...]
    epoch: str
    seconds: float | None
    parameters: int | None
    test: McNemar | None
    """Against the best run."""
    is_best: bool


def write(
    comparison: Comparison,
    monitor: str,
    best: int,
    pairs: Pairs,
    path: Path,
    *,
    left_out: Sequence[str] = (),
) -> None:
    """Write the page, replacing an earlier one at once and whole.

    Raises:
        UserError: the disk refuses.
    """
    write_page(path, render(comparison, monitor, best, pairs, left_out=left_out))


def render(
    comparison: Comparison,
    monitor: str,
    best: int,
    pairs: Pairs,
    *,
    left_out: Sequence[str] = (),
    frame: Frame = STANDALONE,
) -> str:
    """Return the page as HTML; equal comparisons give equal text.

    Args:
        comparison: of the runs.
        monitor: the metric that says which run is better; its curves are shown first.
        best: the place of the best run.
        pairs: the tests that there are.
        left_out: runs that could not be read, each a sentence.
        frame: what the page takes from its surroundings.
    """
    labels = short_labels(comparison.runs)
    metrics = shown_metrics(comparison.runs, monitor)
    command = shlex.join(["swatch", "compare", *(run.directory.path.name for run in comparison.runs)])
    return str(
        environment()
        .get_template("comparison.html.j2")
        .render(
            frame=frame,
            labels=labels,
            headline=_headline(comparison, labels, monitor, best),
            verdict=_verdict(labels, against(pairs, len(comparison.runs), best)),
            seeds=[
                (labels[group.places[0]], len(group.places), group.mean, group.deviation)
                for group in comparison.seed_groups(monitor)
            ],
            comparison=comparison,
            rows=_rows(comparison, labels, metrics, best, pairs, frame),
            metrics=metrics,
            metric_label=metric_label,
            monitor_label=metric_label(monitor),
            left_out=left_out,
            has_tests=bool(pairs),
            has_networks=not all(run.is_of_function for run in comparison.runs),
            colours=COLOURS,
            command=command,
            data=script_json(
                {
                    **page_data(comparison, monitor, best, pairs),
                    "untested": _KEPT if frame.is_served else _ASKED,
                }
            ),
            style=asset("report.css") + asset("comparison.css"),
            script="\n".join(asset(name) for name in _SCRIPTS),
        )
    )


def page_data(comparison: Comparison, monitor: str, best: int, pairs: Pairs) -> dict[str, Any]:
    """Return what the figures draw: plain values, ready for JSON."""
    found = {
        key
        for run in comparison.runs
        for record in run.history
        for key, value in record.items()
        if is_metric(key, value)
    }
    metrics = sorted(found, key=lambda name: _place(name, monitor))
    return {
        "metrics": [[name, metric_label(name)] for name in metrics],
        "best": best,
        "runs": [
            _run_data(run, label, metrics)
            for run, label in zip(comparison.runs, short_labels(comparison.runs), strict=True)
        ],
        "groups": [list(group.places) for group in comparison.seed_groups(monitor)],
        "tests": {
            f"{one} {other}": [test.only_first, test.only_second, test.p_value]
            for (one, other), test in pairs.items()
        },
    }


def _place(metric: str, monitor: str) -> tuple[bool, int, str]:
    prefix = next((n for n, start in enumerate(("val/", "train/", "test/")) if metric.startswith(start)), 3)
    return metric != monitor, prefix, metric


def _run_data(run: ComparedRun, label: str, metrics: Sequence[str]) -> dict[str, Any]:
    confusion = _confusion(run)
    usable = confusion is not None and len(confusion.labels) <= MOST_CLASSES
    return {
        "name": label,
        "x": [finite(record.get("epoch", place)) for place, record in enumerate(run.history, 1)],
        "y": {name: [finite(value) for value in run.curve(name)] for name in metrics},
        "matrix": {
            "labels": confusion.labels,
            "counts": [[cell.count for cell in row] for row in confusion.rows],
            "shares": [[round(cell.share, 5) for cell in row] for row in confusion.rows],
        }
        if usable and confusion is not None
        else None,
    }


def _confusion(run: ComparedRun) -> Any:
    try:
        return confusion_of(run.summary)
    except (ValueError, TypeError):
        return None


def short_labels(runs: Sequence[ComparedRun]) -> list[str]:
    """Return what each run is called on the page: its name if that is short and no other's, else its id."""
    names = [run.name for run in runs]
    return [
        name if len(name) <= _LONGEST_NAME and names.count(name) == 1 else run.directory.path.name
        for name, run in zip(names, runs, strict=True)
    ]


def _rows(
    comparison: Comparison,
    labels: Sequence[str],
    metrics: Sequence[str],
    best: int,
    pairs: Pairs,
    frame: Frame,
) -> list[RunRow]:
    return [
        RunRow(
            run=run,
            label=labels[place],
            address=frame.run_address(run.directory.path.name),
            measured=tuple(finite(run.best.get(name)) for name in metrics),
            epoch=epoch_text(run),
            seconds=seconds_of(run),
            parameters=_whole(run.summary.get("parameters")),
            test=pairs.get((best, place)),
            is_best=place == best,
        )
        for place, run in enumerate(comparison.runs)
    ]


def _whole(value: Any) -> int | None:
    number = finite(value)
    return None if number is None else int(number)


def _headline(comparison: Comparison, labels: Sequence[str], monitor: str, best: int) -> str:
    runs = comparison.runs
    value = finite(runs[best].best.get(monitor))
    if value is None:
        return f"{len(runs)} runs side by side"
    return f"{labels[best]} is the best of {len(runs)} runs: {metric_label(monitor)} {format_metric(value)}"


def _verdict(labels: Sequence[str], tests: Sequence[McNemar | None]) -> str | None:
    """Say what the tests of the best run against the others mean together."""
    known = [(label, test) for label, test in zip(labels, tests, strict=True) if test is not None]
    if not known:
        return None
    alike = [label for label, test in known if test.p_value >= SIGNIFICANT]
    said = (
        f"not clearly better than {', '.join(alike)}" if alike else "clearly better than each of the others"
    )
    return f"On the same validation images it is {said} (McNemar's test, 5%)."
