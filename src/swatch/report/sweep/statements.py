"""The findings of a sweep in sentences, each with its uncertainty, and each only where the data carry it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from swatch.report.amounts import amount
from swatch.report.labels import (
    count_of,
    format_metric,
    format_seconds,
    format_signed,
    format_spread,
    metric_label,
    short_names,
)
from swatch.report.sweep import paired_words
from swatch.report.sweep.axes import Axis
from swatch.report.sweep.correlations import Correlation
from swatch.report.sweep.decisions import Savings, Verdict
from swatch.report.sweep.extremes import far_from_rest, shared_by_best
from swatch.report.sweep.importance import Importance
from swatch.report.sweep.lead import lead_finding
from swatch.report.sweep.paired_comparison import Comparison
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState

if TYPE_CHECKING:
    from swatch.sweep.search.bayes.belief import Belief

# A difference counts if it is so many deviations from none.
_CLEAR = 2.0
# A share counts if even less its deviation it is worth naming.
_WORTH_NAMING = 0.05
_MOST_EFFECTS = 3
_MOST_DIFFERENCES = 2
_MOST_CORRELATIONS = 2
_MOST_BLAMED = 4


@dataclass(frozen=True)
class Facts:
    """What the sentences are made of."""

    sweep: SweepRecord
    trials: Sequence[TrialRecord]
    axes: Sequence[Axis]
    importance: Importance | None
    correlations: Sequence[Correlation]
    verdicts: Sequence[Verdict]
    savings: Savings | None
    belief: Belief | None = None
    compared: Sequence[Comparison] = ()
    """Like with like."""

    @property
    def names(self) -> dict[str, str]:
        """Short names of the parameters."""
        return short_names(axis.key for axis in self.axes)


def statements(facts: Facts) -> list[str]:
    """Return the findings, the most important first; empty where the data carry none."""
    return [
        *_effects(facts),
        *_interplay(facts),
        *_paired(facts),
        *_differences(facts),
        *_trends(facts),
        *_best_tenth(facts),
        *_far(facts),
        *_lead(facts),
        *_expected(facts),
        *_stopping(facts),
        *_failing(facts),
    ]


def _effects(facts: Facts) -> list[str]:
    if facts.importance is None or not facts.importance.predicts:
        return []
    clear = [each for each in facts.importance.parameters if each.share - each.deviation >= _WORTH_NAMING][
        :_MOST_EFFECTS
    ]
    if not clear:
        return []
    parts = [
        f"{facts.names[each.key]} explains {each.share:.0%} ± {100 * each.deviation:.0f} of the variance"
        if index == 0
        else f"{facts.names[each.key]} {each.share:.0%} ± {100 * each.deviation:.0f}"
        for index, each in enumerate(clear)
    ]
    return [f"{_joined(parts)} (fANOVA; ± from drawing the trials anew)."]


def _interplay(facts: Facts) -> list[str]:
    if facts.importance is None or not facts.importance.predicts or not facts.importance.interactions:
        return []
    first = facts.importance.interactions[0]
    if first.share < 2 * _WORTH_NAMING:
        return []
    one, other = (facts.names[key] for key in first.keys)
    return [
        f"{one} and {other} belong together: what is best for one depends on the other "
        f"({first.share:.0%} of the variance)."
    ]


def _paired(facts: Facts) -> list[str]:
    """Return how choices differ where everything else is equal; numbers have their correlation."""
    ordered = {axis.key: axis.is_ordered for axis in facts.axes}
    found = [each for each in facts.compared if not ordered[each.key]]
    return [paired_words.finding(facts.sweep, each) for each in found[:_MOST_DIFFERENCES]]


def _differences(facts: Facts) -> list[str]:
    """Return how much worse the choices of a parameter are than its best one, all others averaged."""
    if facts.importance is None or not facts.importance.predicts:
        return []
    ordered = {axis.key: axis for axis in facts.axes}
    # What was compared directly needs no forest.
    compared = {each.key for each in facts.compared}
    sign = 1.0 if facts.sweep.goal == "maximize" else -1.0
    found = []
    for each in facts.importance.parameters:
        if not each.is_discrete or ordered[each.key].is_ordered or each.key in compared:
            continue
        best = max(range(len(each.marginal)), key=lambda place: sign * each.marginal[place])
        for place, position in enumerate(each.positions):
            difference, deviation = each.difference(best, place)
            if place == best or abs(difference) < _CLEAR * deviation or difference == 0:
                continue
            label = ordered[each.key].label_at
            found.append(
                (
                    abs(difference),
                    f"{facts.names[each.key]} {label(position)} is worse than "
                    f"{label(each.positions[best])} by "
                    f"{amount(facts.sweep.metric, abs(difference), deviation)}, all other parameters equal "
                    "(by the forest).",
                )
            )
    return [text for _, text in sorted(found, reverse=True)[:_MOST_DIFFERENCES]]


def _trends(facts: Facts) -> list[str]:
    clear = [
        each
        for each in facts.correlations
        if each.is_clear and each.coefficient is not None and abs(each.coefficient) >= 0.3
    ][:_MOST_CORRELATIONS]
    metric = metric_label(facts.sweep.metric)
    return [
        f"Trials with a larger {facts.names[each.key]} have a "
        f"{'higher' if (each.coefficient or 0) > 0 else 'lower'} {metric} (rank correlation "
        f"{format_signed(each.coefficient or 0.0)}, 95% interval {format_signed(each.low or 0.0)} to "
        f"{format_signed(each.high or 0.0)})."
        for each in clear
    ]


def _best_tenth(facts: Facts) -> list[str]:
    number, shared = shared_by_best(facts.sweep, facts.trials, facts.axes)
    if not shared:
        return []
    parts = [f"{facts.names[each.key]} {each.label}" for each in shared]
    return [f"The best {number} trials, a tenth, all have {_joined(parts)}."]


def _far(facts: Facts) -> list[str]:
    """Return how many trials are far worse than the rest, and which choices have many of them."""
    far = far_from_rest(facts.sweep, facts.trials, facts.axes)
    if far is None or not far.blamed:
        return []
    parts = [
        f"{each.far} of {each.trials} with {facts.names[each.key]} {each.label}"
        for each in far.blamed[:_MOST_BLAMED]
    ]
    side = "below" if facts.sweep.goal == "maximize" else "above"
    return [
        f"{far.trials} trials are far worse than the rest ({side} {format_metric(far.bound)}"
        f"{f'; {far.stopped} of them stopped early' if far.stopped else ''}): among them "
        f"{_joined(parts)}."
    ]


def _lead(facts: Facts) -> list[str]:
    """Return how far the best trial leads, against what chance could make of it."""
    found = lead_finding(facts.sweep, facts.trials, facts.belief)
    return [] if found is None else [found]


def _expected(facts: Facts) -> list[str]:
    belief = facts.belief
    if belief is None:
        return []
    best = belief.best_by_mean
    rough = " (too few trials have finished for a ±)" if best.deviation is None else ""
    text = (
        f"The model expects {format_spread(best.mean, best.deviation)} of trial {best.trial}, the best by "
        f"its mean{rough}; one more trial is expected to gain {amount(facts.sweep.metric, belief.gain)}"
    )
    return [f"{text}, less than chance." if belief.gain < belief.noise else f"{text}."]


def _stopping(facts: Facts) -> list[str]:
    saved = facts.savings
    if saved is None:
        return []
    rule = next((each.reason.split(",")[0].split(":")[0] for each in facts.verdicts if each.stop), "")
    who = rule.strip().capitalize() if rule and " " not in rule.strip() else "Early stopping"
    return [
        f"{who} stopped {saved.stopped} of {saved.trials} trials and saved {saved.share:.0%} of the epochs "
        f"({saved.whole - saved.trained:,} of {saved.whole:,})."
    ]


def _failing(facts: Facts) -> list[str]:
    failed = [trial for trial in facts.trials if trial.state in (TrialState.FAILED, TrialState.CRASHED)]
    if not failed:
        return []
    over = sum(trial.state.is_over for trial in facts.trials)
    lost = sum(trial.seconds or 0.0 for trial in failed)
    return [f"{count_of(len(failed), 'trial')} of {over} failed, after {format_seconds(lost)} in all."]


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
