"""The median rule."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from swatch.sweep.pruners.decision import Curves, Decision, counted


@dataclass(frozen=True)
class Median:
    """A trial stops if its best value so far is worse than the median of what the others had by then.

    Best values are compared on both sides, so that one bad epoch does not decide.

    Source: Golovin et al., "Google Vizier: A Service for Black-Box Optimization", 2017, section 3.2, with
    the best values in place of running averages.
    """

    warmup: int = 1
    """So many iterations pass before a trial can stop."""
    min_trials: int = 4
    """So many other trials must have come as far, else everybody goes on."""

    def judge(self, curves: Curves, trial: int) -> Decision:
        """Compare the trial at its last iteration with all others that reached it."""
        own = curves.own(trial)
        reached = len(own)
        if reached <= self.warmup:
            return Decision(False, f"median: {counted(reached, 'epoch')} logged, within the warm-up")
        value = min(own)
        others = [min(values[:reached]) for values in curves.others(trial, reached)]
        if len(others) < self.min_trials:
            few = (
                f"median, epoch {reached}: {counted(len(others), 'other trial')} came as far, too few to "
                "compare"
            )
            return Decision(False, few, reached, None, curves.shown(value))
        threshold = median(others)
        stop = value > threshold
        reason = (
            f"median, epoch {reached}: the best value so far, {curves.shown(value):.5g}, is "
            f"{'worse than' if stop else 'at least as good as'} {curves.shown(threshold):.5g}, the median of "
            f"what {counted(len(others), 'other trial')} had by then"
        )
        return Decision(stop, reason, reached, curves.shown(threshold), curves.shown(value))
