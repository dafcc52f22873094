"""When to end a trial early: a pure function of all trials' histories, whose decisions carry their reason."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from swatch.sweep.distributions.base import number

# Bands grow by a factor each; W&B's engine makes this many.
MOST_BANDS = 100


@dataclass(frozen=True)
class Hyperband:
    """W&B's ``early_terminate: {type: hyperband}``: at each band only the best 1/eta of the trials go on.

    Source: Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization",
    https://arxiv.org/abs/1603.06560, as W&B's engine reads it. Iterations are logged values of the metric,
    counted from 1.
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
        bands = []
        for step in range(MOST_BANDS):
            try:
                bands.append(int(self.min_iter * self.eta**step))
            except OverflowError:
                break
        return bands


@dataclass(frozen=True)
class Decision:
    """Whether a trial stops, and the numbers that say why, in the metric's own sign."""

    stop: bool
    reason: str
    band: int | None = None
    """The iteration at which it was compared; None before the first band."""
    threshold: float | None = None
    """The worst value that goes on."""
    value: float | None = None
    """The trial's value that was compared with the threshold."""


def decide(
    rule: Hyperband | None, goal: str, histories: Mapping[int, Sequence[float]], number: int
) -> Decision:
    """Decide whether trial ``number`` stops now.

    ``histories`` holds, for every trial of the sweep (this one included), all values of the metric logged so
    far, one an epoch; values that are no finite numbers are dropped. ``goal`` is ``"minimize"`` or
    ``"maximize"``. The threshold at a band is the value at index ``int(count / eta)`` of the sorted values
    that all trials logged there; the trial stops if it is worse. As the threshold moves while other trials
    come along, a trial that has passed a band may still stop there later.
    """
    if rule is None:
        return Decision(False, "the sweep has no stopping rule")
    sign = -1.0 if goal == "maximize" else 1.0
    own = _finite(histories.get(number, ()), sign)
    band = max((band for band in rule.bands() if band <= len(own)), default=None)
    if band is None:
        return Decision(False, f"hyperband: {_count(len(own), 'epoch')} logged, before the first band")
    reached = [history for values in histories.values() if len(history := _finite(values, sign)) >= band]
    at_band = sorted(history[band - 1] for history in reached)
    threshold = at_band[int(len(at_band) / rule.eta)]
    value = own[band - 1] if rule.strict else min(own)
    stop = value > threshold
    reason = (
        f"hyperband, band {band}: {'the value there' if rule.strict else 'the best value so far'}, "
        f"{sign * value:.5g}, is {'worse than' if stop else 'at least as good as'} {sign * threshold:.5g}, "
        f"the bar for the best 1/{rule.eta:g} of {_count(len(at_band), 'trial')}"
    )
    return Decision(stop, reason, band, sign * threshold, sign * value)


def _finite(values: Iterable[object], sign: float) -> list[float]:
    reals = (number(value) for value in values)
    return [sign * real for real in reals if real is not None and math.isfinite(real)]


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
