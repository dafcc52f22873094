"""What the trials that ended say, as losses to minimise."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from swatch.sweep.records import TrialRecord

FloatArray = npt.NDArray[np.float64]


def loss_of(trial: TrialRecord, goal: str) -> float:
    """Return the objective of a trial that ended, negated where it is maximised.

    NaN for one that failed, crashed or has no finite objective.
    """
    objective = trial.objective
    if not trial.state.has_result or objective is None or not math.isfinite(objective):
        return math.nan
    return -objective if goal == "maximize" else objective


def filled(losses: FloatArray) -> FloatArray:
    """Return ``losses`` (n,) with the worst finite one in place of what is none; zeros if none is finite."""
    finite = losses[np.isfinite(losses)]
    if not len(finite):
        return np.zeros_like(losses)
    return np.where(np.isfinite(losses), losses, finite.max())


def ended_and_pending(trials: Iterable[TrialRecord]) -> tuple[Sequence[TrialRecord], Sequence[TrialRecord]]:
    """Return the trials that ended and those that run or wait, each by number."""
    in_order = sorted(trials, key=lambda trial: trial.number)
    ended = [trial for trial in in_order if trial.state.is_over]
    return ended, [trial for trial in in_order if not trial.state.is_over]
