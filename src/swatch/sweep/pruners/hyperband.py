"""W&B's hyperband."""

from __future__ import annotations

from dataclasses import dataclass

from swatch.sweep.pruners.decision import Curves, Decision, counted

# Bands grow by a factor each; W&B's engine makes this many.
MOST_BANDS = 100


@dataclass(frozen=True)
class Hyperband:
    """W&B's ``early_terminate: {type: hyperband}``: at each band only the best 1/eta of the trials go on.

    Source: Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization",
    https://arxiv.org/abs/1603.06560, as W&B's engine reads it.
    """

    min_iter: int | None = None
    """The first band; the next ones are ``int(min_iter * eta**i)``."""
    max_iter: int | None = None
    """With ``s``: the bands are ``int(max_iter / eta**i)`` for i = 1..s, while at least 1."""
    s: int | None = None
    eta: float = 3.0
    strict: bool = False
    """Compare the value logged at the band, not the best value so far."""

    def bands(self) -> list[int]:
        """Return the iterations at which trials are compared, in ascending order."""
        if self.max_iter is not None and self.s is not None:
            cuts = (self.max_iter / self.eta**step for step in range(1, self.s + 1))
            return sorted(int(cut) for cut in cuts if cut >= 1)
        if self.min_iter is None:
            raise ValueError("hyperband needs min_iter, or max_iter with s")
        return growing_bands(self.min_iter, self.eta)

    def judge(self, curves: Curves, trial: int) -> Decision:
        """Compare the trial at the largest band that it has reached.

        The threshold is the value at index ``int(count / eta)`` of the sorted values that all trials logged
        at the band; the trial stops if it is worse. As the threshold moves while other trials come along, a
        trial that has passed a band may still stop there later.
        """
        own = curves.own(trial)
        band = max((band for band in self.bands() if band <= len(own)), default=None)
        if band is None:
            return Decision(False, f"hyperband: {counted(len(own), 'epoch')} logged, before the first band")
        at_band = sorted(values[band - 1] for values in [own, *curves.others(trial, band)])
        threshold = at_band[int(len(at_band) / self.eta)]
        value = own[band - 1] if self.strict else min(own)
        stop = value > threshold
        reason = (
            f"hyperband, band {band}: {'the value there' if self.strict else 'the best value so far'}, "
            f"{curves.shown(value):.5g}, is {'worse than' if stop else 'at least as good as'} "
            f"{curves.shown(threshold):.5g}, the bar for the best 1/{self.eta:g} of "
            f"{counted(len(at_band), 'trial')}"
        )
        return Decision(stop, reason, band, curves.shown(threshold), curves.shown(value))


def growing_bands(first: int, factor: float) -> list[int]:
    """Return ``int(first * factor**i)`` for i = 0, 1 ..., as far as they are numbers."""
    bands = []
    for step in range(MOST_BANDS):
        try:
            bands.append(int(first * factor**step))
        except OverflowError:
            break
    return bands
