"""Asynchronous successive halving."""

from __future__ import annotations

from dataclasses import dataclass

from swatch.sweep.pruners.decision import Curves, Decision, counted
from swatch.sweep.pruners.hyperband import growing_bands


@dataclass(frozen=True)
class Asha:
    """At each rung a trial goes on only if it is among the best 1/eta of those that came there so far.

    It differs from W&B's hyperband in three ways: the value logged *at* the rung counts, not the best so
    far; a trial is judged once, when it arrives, and cannot fall at that rung later; and a rung with fewer
    than ``eta`` trials lets everybody pass.

    Source: Li et al., "A System for Massively Parallel Hyperparameter Tuning",
    https://arxiv.org/abs/1810.05934, algorithm 2, in the form that stops trials rather than pausing them.
    """

    min_iter: int = 1
    """The first rung; the next ones are ``int(min_iter * eta**i)``."""
    eta: float = 3.0

    def judge(self, curves: Curves, trial: int) -> Decision:
        """Compare the trial if it has just arrived at a rung."""
        own = curves.own(trial)
        rung = len(own)
        if rung not in growing_bands(self.min_iter, self.eta):
            return Decision(False, f"asha: {counted(rung, 'epoch')} logged, not at a rung")
        at_rung = sorted(values[rung - 1] for values in [own, *curves.others(trial, rung)])
        value = curves.shown(own[-1])
        going_on = int(len(at_rung) / self.eta)
        if going_on < 1:
            few = f"asha, rung {rung}: {counted(len(at_rung), 'trial')} there, too few to compare"
            return Decision(False, few, rung, None, value)
        threshold = at_rung[going_on - 1]
        stop = own[-1] > threshold
        reason = (
            f"asha, rung {rung}: the value there, {value:.5g}, is "
            f"{'not among' if stop else 'among'} the best {going_on} of {counted(len(at_rung), 'trial')}, "
            f"down to {curves.shown(threshold):.5g}"
        )
        return Decision(stop, reason, rung, curves.shown(threshold), value)
