"""What the trials say about the objective, ready for the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swatch.sweep.records import TrialRecord
from swatch.sweep.search.bayes.columns import FloatArray
from swatch.sweep.search.bayes.encoding import Encoding
from swatch.sweep.search.losses import ended_and_pending, filled, loss_of

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
    numbers: npt.NDArray[np.intp]
    """(n,), the trials' numbers."""
    centre: float = 0.0
    spread: float = 1.0
    """A loss is ``centre + spread * target``."""

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
    space, width = encoding.space, len(encoding.columns)
    ended, pending = ended_and_pending(trial for trial in trials if space.contains(trial.point))
    losses = np.array([loss_of(trial, goal) for trial in ended])
    kept = np.arange(len(ended))[_thinned(losses)]
    targets, centre, spread = _standardised(losses[kept])

    def rows(some: Sequence[TrialRecord]) -> FloatArray:
        return np.array([encoding.encode(trial.point) for trial in some]).reshape(-1, width)

    numbers = np.array([trial.number for trial in ended], dtype=np.intp)[kept]
    return Observations(
        rows([ended[index] for index in kept]), targets, rows(pending), numbers, centre, spread
    )


def _standardised(losses: FloatArray) -> tuple[FloatArray, float, float]:
    """Return ``losses`` with mean 0 and variance 1, and the mean and the deviation that were taken out."""
    if not len(losses):
        return losses, 0.0, 1.0
    known = filled(losses)
    # A loss that all but diverged is a thousand times the others, and would flatten the differences among
    # those into noise. It is bad enough to be as far above the median as the best is below.
    median = float(np.median(known))
    capped = np.minimum(known, median + (median - known.min()))
    known = capped if np.ptp(capped) > 0 else known
    centre, spread = float(known.mean()), float(known.std()) or 1.0
    return (known - centre) / spread, centre, spread


def _thinned(targets: FloatArray) -> FloatArray | slice:
    if len(targets) <= MOST_OBSERVATIONS:
        return slice(None)
    half = MOST_OBSERVATIONS // 2
    # NaN sorts last, which is where the failed belong.
    order = np.argsort(targets, kind="stable")
    others = np.sort(order[half:])
    even = others[np.linspace(0, len(others) - 1, MOST_OBSERVATIONS - half).round().astype(np.intp)]
    return np.sort(np.concatenate([order[:half], even]))
