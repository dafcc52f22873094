"""Several metrics at once, for the page: every trial's values, and the front that no other trial beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from swatch.report.labels import metric_label
from swatch.sweep.records import TrialRecord

if TYPE_CHECKING:
    from swatch.sweep.config.metric import Metric


@dataclass(frozen=True)
class Front:
    """What the figure and the table of the Pareto front show."""

    metrics: tuple[str, ...]
    labels: tuple[str, ...]
    """With the direction that is better."""
    values: dict[int, tuple[float, ...]]
    """Trial number to its metrics, those of one epoch."""
    front: tuple[TrialRecord, ...]
    """By number."""


def front_of(trials: Sequence[TrialRecord], metrics: Sequence[Metric]) -> Front | None:
    """Return the front, or None for a sweep of one metric or without a result."""
    from swatch.sweep.search.pareto import pareto_front, values_of

    if len(metrics) < 2:
        return None
    front = pareto_front(trials, metrics)
    if not front:
        return None
    known = {trial.number: values_of(trial, metrics) for trial in trials if trial.state.has_result}
    return Front(
        metrics=tuple(metric.name for metric in metrics),
        labels=tuple(
            f"{metric_label(metric.name)} ({'higher' if metric.goal == 'maximize' else 'lower'} is better)"
            for metric in metrics
        ),
        values={number: values for number, values in known.items() if values is not None},
        front=tuple(front),
    )
