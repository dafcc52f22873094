"""What a Bayesian search believes, in a few lines for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from swatch.sweep.records import SweepRecord, TrialRecord
from swatch.sweep.restored import RestoredSweep

if TYPE_CHECKING:
    from swatch.sweep.search.bayes import Belief

MOST_TRIALS = 500
"""Beyond so many the model takes longer than somebody who asks for a status would wait."""
_SHOWN_PARAMETERS = 4


def belief_lines(sweep: SweepRecord, trials: Sequence[TrialRecord]) -> list[str]:
    """Return what the model expects, what matters to it, and what it hopes to gain.

    Nothing if the sweep is not Bayesian, has more than ``MOST_TRIALS`` trials, or has fewer than four
    results. ``trials`` are all of the sweep, with their points and histories.
    """
    if sweep.method != "bayes" or len(trials) > MOST_TRIALS:
        return []
    belief = RestoredSweep.of(sweep).search.believe(trials)
    return [] if belief is None else describe(belief, sweep)


def describe(belief: Belief, sweep: SweepRecord) -> list[str]:
    """Return a belief in words."""
    from swatch.report.labels import format_spread, format_value, short_names

    best, optimum = belief.best_by_mean, belief.optimum
    names = short_names([*belief.importance, *optimum.point])
    point = ", ".join(f"{names[key]} {format_value(value)}" for key, value in optimum.point.items())
    matters = [f"{names[key]} {share:.0%}" for key, share in belief.importance.items()][:_SHOWN_PARAMETERS]
    expected = (
        f"The model expects {sweep.metric} {format_spread(best.mean, best.deviation)} of trial {best.trial}, "
        "the best by its mean"
    )
    if best.deviation is None:
        expected += " (too few trials have finished to say give or take how much)"
    if optimum.trial != best.trial:
        expected += f", and {format_spread(optimum.mean, optimum.deviation)} at best, with {point}"
    # With as many decimals as the metric.
    gain, chance = (
        format_spread(best.mean, each).partition(" ± ")[2] for each in (belief.gain, belief.noise)
    )
    return [
        f"{expected}.",
        f"What matters: {', '.join(matters)}. One more trial is expected to gain {gain}; the model takes "
        f"{chance} for chance in a training.",
    ]
