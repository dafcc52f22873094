"""What the trials say about the objective, ready for the model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swatch.sweep.records import TrialRecord, TrialState
from swatch.sweep.search.bayes.columns import FloatArray
from swatch.sweep.search.bayes.encoding import Encoding

# Fitting costs the cube of their number.
MOST_OBSERVATIONS = 500


@dataclass(frozen=True)
class Observations:
    """Rows of the encoding, with standardised targets to minimise for those that ended."""

    rows: FloatArray
    """(n, d), of trials that ended."""
    targets: FloatArray
    """(n,), mean 0 and variance 1, smaller is better."""
    pending: FloatArray
    """(p, d), of trials that still run or wait."""

    @property
    def tell_apart(self) -> bool:
        """Whether at least two different results exist, without which there is nothing to model."""
        return len(self.targets) > 1 and bool(np.ptp(self.targets) > 0)


def observe(encoding: Encoding, trials: Sequence[TrialRecord], goal: str) -> Observations:
    """Return the observations in ``trials``.

    A finished or stopped trial counts with its objective. One that failed, crashed or has no finite objective
    counts as the worst seen. Trials outside the space (of an earlier form of the sweep) say nothing. Of more
    than 500 that ended, the better half of 500 and an even sample of the others in their order are kept.
    """
    sign = -1.0 if goal == "maximize" else 1.0
    ended: list[tuple[FloatArray, float]] = []
    pending: list[FloatArray] = []
    for trial in sorted(trials, key=lambda trial: trial.number):
        if not encoding.space.contains(trial.point):
            continue
        row = encoding.encode(trial.point)
        if not trial.state.is_over:
            pending.append(row)
        else:
            ended.append((row, sign * _objective(trial) if _counts(trial) else math.nan))
    width = len(encoding.columns)
    rows = np.array([row for row, _ in ended]).reshape(-1, width)
    targets = np.array([target for _, target in ended])
    keep = _thinned(targets)
    return Observations(rows[keep], _standardised(targets[keep]), np.array(pending).reshape(-1, width))


def _objective(trial: TrialRecord) -> float:
    return math.nan if trial.objective is None else trial.objective


def _counts(trial: TrialRecord) -> bool:
    return trial.state in (TrialState.FINISHED, TrialState.STOPPED) and math.isfinite(_objective(trial))


def _standardised(targets: FloatArray) -> FloatArray:
    finite = targets[np.isfinite(targets)]
    if not len(finite):
        return np.zeros_like(targets)
    filled = np.where(np.isfinite(targets), targets, finite.max())
    # A loss that all but diverged is a thousand times the others, and would flatten the differences among
    # those into noise. It is bad enough to be as far above the median as the best is below.
    median = float(np.median(filled))
    capped = np.minimum(filled, median + (median - filled.min()))
    filled = capped if np.ptp(capped) > 0 else filled
    spread = filled.std()
    standardised: FloatArray = (filled - filled.mean()) / (spread if spread > 0 else 1.0)
    return standardised


def _thinned(targets: FloatArray) -> FloatArray | slice:
    if len(targets) <= MOST_OBSERVATIONS:
        return slice(None)
    half = MOST_OBSERVATIONS // 2
    # NaN sorts last, which is where the failed belong.
    order = np.argsort(targets, kind="stable")
    others = np.sort(order[half:])
    even = others[np.linspace(0, len(others) - 1, MOST_OBSERVATIONS - half).round().astype(np.intp)]
    return np.sort(np.concatenate([order[:half], even]))
