"""What a stopped trial would have reached, so that early stopping does not make good regions look bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swatch.sweep.records import TrialRecord, TrialState, finite

# So many trials must have gone on from where one was stopped before they say anything about it.
FEWEST_EXAMPLES = 3

FloatArray = npt.NDArray[np.float64]


def as_if_continued(trials: Sequence[TrialRecord], metric: str, goal: str) -> list[TrialRecord]:
    """Return the trials as the Bayesian search is to see them where a stopping rule is at work.

    The best value of a trial that was stopped after two epochs is not comparable with the best of twenty. To
    the model the difference looks like noise, or like a bad region. So a stopped trial counts with the value
    to be expected at the end: the line through what finished trials had reached after as many readings of
    ``metric`` and what they reached in the end (least squares; its slope held between 0, where the one says
    nothing about the other, and 1, where all gain the same). That the finished ones are those that the rule
    let pass does not bend the line, since it chose them by the first of the two. With fewer than three such
    trials the best value counts. The trial's own record, and every table, keep the best value.

    Args:
        trials: With their histories, in any state.
        metric: The sweep's metric, as the histories name it.
        goal: ``"minimize"`` or ``"maximize"``, its direction.
    """
    if not any(trial.state is TrialState.STOPPED for trial in trials):
        return list(trials)
    accumulate = np.maximum.accumulate if goal == "maximize" else np.minimum.accumulate
    finished = [
        accumulate(readings)
        for trial in trials
        if trial.state is TrialState.FINISHED and len(readings := _readings(trial, metric))
    ]
    lines: dict[int, _Line | None] = {}

    def seen(trial: TrialRecord) -> TrialRecord:
        if trial.state is not TrialState.STOPPED or trial.objective is None:
            return trial
        after = len(_readings(trial, metric))
        if after and after not in lines:
            lines[after] = _line_through(
                [(bests[after - 1], bests[-1]) for bests in finished if len(bests) > after]
            )
        line = lines.get(after)
        return trial if line is None else replace(trial, objective=line.at(trial.objective))

    return [seen(trial) for trial in trials]


@dataclass(frozen=True)
class _Line:
    """y = y₀ + slope (x − x₀)."""

    x0: float
    y0: float
    slope: float

    def at(self, x: float) -> float:
        return self.y0 + self.slope * (x - self.x0)


def _line_through(pairs: Sequence[tuple[float, float]]) -> _Line | None:
    if len(pairs) < FEWEST_EXAMPLES:
        return None
    x, y = np.array(pairs).T
    variance = float(x.var())
    slope = float(((x - x.mean()) * (y - y.mean())).mean()) / variance if variance > 0 else 1.0
    return _Line(float(x.mean()), float(y.mean()), min(max(slope, 0.0), 1.0))


def _readings(trial: TrialRecord, metric: str) -> FloatArray:
    """Return the finite values of the metric that a trial logged, in their order, as (n,)."""
    values = (finite(record.get(metric)) for record in trial.history)
    return np.array([value for value in values if value is not None])
