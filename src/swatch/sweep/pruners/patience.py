"""Patience with a trial that no longer improves."""

from __future__ import annotations

from dataclasses import dataclass

from swatch.sweep.pruners.decision import Curves, Decision, counted


@dataclass(frozen=True)
class Patience:
    """A trial stops once ``patience`` iterations in a row have not improved on its best value.

    It looks at the trial's own curve alone: a bad trial that still improves goes on.
    """

    patience: int = 5
    min_delta: float = 0.0
    """What counts as an improvement: better by more than this, in the metric's units."""

    def judge(self, curves: Curves, trial: int) -> Decision:
        """Compare the trial's last ``patience`` values with the best value before them."""
        own = curves.own(trial)
        if len(own) <= self.patience:
            return Decision(
                False, f"patience: {counted(len(own), 'epoch')} logged, of the first {self.patience}"
            )
        earlier, latest = min(own[: -self.patience]), min(own[-self.patience :])
        threshold = earlier - self.min_delta
        stop = latest >= threshold
        reason = (
            f"patience, epoch {len(own)}: the best of the last {counted(self.patience, 'epoch')}, "
            f"{curves.shown(latest):.5g}, {'does not improve' if stop else 'improves'} on "
            f"{curves.shown(earlier):.5g}{f' by more than {self.min_delta:g}' if self.min_delta else ''}"
        )
        return Decision(stop, reason, len(own), curves.shown(threshold), curves.shown(latest))
