"""How long trials took, and which parameters make them slow."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from swatch.report.sweep.axes import Axis
from swatch.report.sweep.correlations import Correlation, correlations
from swatch.sweep.records import TrialRecord

_CLEAR = 2.0


@dataclass(frozen=True)
class Typical:
    """Medians, in seconds."""

    trial: float
    epoch: float


def seconds_per_epoch(trial: TrialRecord) -> float | None:
    """Return a trial's wall-clock seconds divided by its epochs, over all of its seeds; None if unknown."""
    epochs = sum(len(run.history) for run in trial.each_run())
    return trial.seconds / epochs if trial.seconds and epochs and trial.state.has_result else None


def typical_times(trials: Sequence[TrialRecord]) -> Typical | None:
    """Return the medians over the trials that ended with a result, or None if there are none."""
    ended = [(t.seconds, per) for t in trials if (per := seconds_per_epoch(t)) is not None]
    if not ended:
        return None
    return Typical(
        trial=statistics.median(seconds or 0.0 for seconds, _ in ended),
        epoch=statistics.median(per for _, per in ended),
    )


def time_correlations(axes: Sequence[Axis], trials: Sequence[TrialRecord]) -> list[Correlation]:
    """Return the parameters that clearly go along with the seconds per epoch; ``trials`` go with the axes."""
    found = correlations(axes, [seconds_per_epoch(trial) for trial in trials])
    return [each for each in found if each.is_clear or _groups_differ(each)]


def _groups_differ(item: Correlation) -> bool:
    known = [(group.mean, group.error) for group in item.groups if group.error is not None]
    if len(known) < 2:
        return False
    (low, low_error), (high, high_error) = min(known), max(known)
    return high - low > _CLEAR * math.hypot(low_error, high_error)
