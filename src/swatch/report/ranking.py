"""Which trial is best, and the best value so far over the trials."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from swatch.report.labels import finite, format_spread
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState

_COUNTS_SO_FAR = (
    *(state for state in TrialState if state.has_result),
    TrialState.RUNNING,
    TrialState.WAITING,
)


def value_of(trial: TrialRecord) -> float | None:
    """Return the trial's objective if it is a finite number and its trial did not fail, else None."""
    return finite(trial.objective) if trial.state in _COUNTS_SO_FAR else None


def result_text(trial: TrialRecord) -> str:
    """Return the trial's objective for people: with repeats the mean and the standard deviation."""
    return format_spread(value_of(trial), trial.spread)


def ranked(sweep: SweepRecord, trials: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the trials from best to worst: those that ended with a value, those still going, then the rest.

    Equal values rank by number, the earlier first.
    """
    sign = -1.0 if sweep.goal == "maximize" else 1.0

    def place(trial: TrialRecord) -> tuple[int, float, int]:
        value = value_of(trial)
        if value is None:
            return (2, 0.0, trial.number)
        return (0 if trial.state.has_result else 1, sign * value, trial.number)

    return sorted(trials, key=place)


def best_trial(sweep: SweepRecord, trials: Iterable[TrialRecord]) -> TrialRecord | None:
    """Return the best trial that ended with a value, else the best one still going, else None."""
    order = ranked(sweep, trials)
    return order[0] if order and value_of(order[0]) is not None else None


def running_best(sweep: SweepRecord, trials: Sequence[TrialRecord]) -> list[float | None]:
    """Return for each trial, in order of number, the best value among it and all before it."""
    better = max if sweep.goal == "maximize" else min
    best: float | None = None
    line: list[float | None] = []
    for trial in sorted(trials, key=lambda trial: trial.number):
        value = value_of(trial)
        if value is not None:
            best = value if best is None else better(best, value)
        line.append(best)
    return line


def focus_range(values: Sequence[float], goal: str) -> tuple[float, float] | None:
    """Return the range of values worth looking at: all of them, less the outliers on the bad side.

    An outlier lies more than 1.5 interquartile ranges beyond the quartile (Tukey's fence). Without the
    fence a single diverged trial squeezes all the others into one line. None if there are no values.
    """
    if not values:
        return None
    array = np.asarray(values, dtype=np.float64)
    low, high = float(array.min()), float(array.max())
    first, third = (float(quartile) for quartile in np.quantile(array, [0.25, 0.75]))
    if goal == "maximize":
        low = float(array[array >= first - 1.5 * (third - first)].min())
    else:
        high = float(array[array <= third + 1.5 * (third - first)].max())
    return low, high


def best_epoch(trial: TrialRecord) -> int | None:
    """Return the epoch at which the trial was best, or None where it is unknown."""
    best = trial.summary.get("best")
    epoch = finite(best.get("epoch")) if isinstance(best, dict) else None
    return None if epoch is None else int(epoch)
