"""The trials' histories as columns of numbers, thinned where there are more than a page can carry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from swatch.report.labels import finite, metric_label
from swatch.sweep.records import Metrics, SweepRecord, TrialRecord

MOST_POINTS = 200_000
"""Points over all trials and metrics that one page carries."""

_NOT_METRICS = ("epoch", "step", "timestamp")
_PREFIXES = ("val/", "train/", "test/")
_LAST = ("learning_rate", "momentum", "seconds", "samples_per_second")


@dataclass(frozen=True)
class Curves:
    """Every trial's logged metrics, ready for the page."""

    metrics: tuple[str, ...]
    labels: tuple[str, ...]
    x_label: str
    trials: dict[int, dict[str, Any]]
    """Trial number to ``{"x": [...], "y": {metric: [...]}}``; numbers that are not finite are None."""
    thinned: bool

    @property
    def are_empty(self) -> bool:
        """Whether no trial logged anything that makes a line: two readings or more."""
        return not self.metrics or all(len(trial["x"]) < 2 for trial in self.trials.values())


def collect(sweep: SweepRecord, trials: Iterable[TrialRecord], most_points: int = MOST_POINTS) -> Curves:
    """Return the curves of all trials; the sweep's metric comes first, then validation, training, the rest.

    Records without an ``epoch`` are counted from 1. Beyond ``most_points`` numbers in all, long histories
    are thinned evenly; the first, the last and the best record of the sweep's metric always stay.
    """
    histories = {trial.number: trial.history for trial in trials if trial.history}
    metrics = _metrics(sweep.metric, histories.values())
    points = len(metrics) * sum(len(history) for history in histories.values())
    allowed = None
    if points > most_points:
        allowed = max(16, most_points // (len(metrics) * len(histories)))
    columns: dict[int, dict[str, Any]] = {}
    thinned = False
    for number, history in histories.items():
        kept = _kept(history, sweep, allowed)
        thinned = thinned or len(kept) < len(history)
        columns[number] = {
            "x": [_short(history[index].get("epoch", index + 1)) for index in kept],
            "y": {metric: [_short(history[index].get(metric)) for index in kept] for metric in metrics},
        }
    has_epochs = any("epoch" in record for history in histories.values() for record in history)
    return Curves(
        metrics=metrics,
        labels=tuple(metric_label(metric) for metric in metrics),
        x_label="epoch" if has_epochs else "report",
        trials=columns,
        thinned=thinned,
    )


def _metrics(objective: str, histories: Iterable[Sequence[Metrics]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for history in histories:
        for record in history:
            for key, value in record.items():
                if key not in found and key not in _NOT_METRICS and finite(value) is not None:
                    found[key] = None

    def place(metric: str) -> tuple[bool, int, int]:
        prefix = next((index for index, start in enumerate(_PREFIXES) if metric.startswith(start)), 3)
        return (metric != objective, prefix, _LAST.index(metric) + 1 if metric in _LAST else 0)

    return tuple(sorted(found, key=place))


def _kept(history: Sequence[Metrics], sweep: SweepRecord, allowed: int | None) -> list[int]:
    count = len(history)
    if allowed is None or count <= allowed:
        return list(range(count))
    kept = {round(index * (count - 1) / (allowed - 1)) for index in range(allowed)}
    values = [finite(record.get(sweep.metric)) for record in history]
    known = [value for value in values if value is not None]
    if known:
        kept.add(values.index(max(known) if sweep.goal == "maximize" else min(known)))
    return sorted(kept)


def _short(value: Any) -> float | None:
    """Return a finite number with six significant digits, which is more than a screen shows."""
    number = finite(value)
    return None if number is None else float(f"{number:.6g}")
