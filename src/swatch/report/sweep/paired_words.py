"""What a comparison of like with like shows, in sentences that claim no more than the groups carry."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from swatch.report.amounts import amount, signed_range
from swatch.report.labels import count_of
from swatch.report.sweep.paired_comparison import Choice, Comparison, Group
from swatch.sweep.records import SweepRecord

# A group stands out if its difference is so many times the median of all of them.
_STANDS_OUT = 3.0
_FEWEST_TO_STAND_OUT = 4
# Of so many pairs a majority may be chance, whatever they say.
_FEW = 10


def finding(sweep: SweepRecord, comparison: Comparison) -> str:
    """Return the comparison in one sentence, for the list of findings."""
    best, second = _best_two(sweep, comparison)
    often = max(comparison.results, key=lambda each: (each.led, each is best))
    number, noun = len(comparison.groups), group_noun(comparison)
    joint = "; " if often.led <= best.led else ", but "
    return (
        f"With everything else equal, {comparison.name} {often.label} is ahead in {often.led} of {number} "
        f"{noun}s{joint}{_average(sweep, comparison, best, second)}."
    )


def sentences(sweep: SweepRecord, comparison: Comparison) -> list[str]:
    """Return what the groups show: who is ahead how often, by how much on average, where it differs."""
    said = [_ahead(comparison), *_on_average(sweep, comparison), *_outstanding(sweep, comparison)]
    if len(comparison.groups) < _FEW:
        noun = group_noun(comparison)
        said.append(f"{count_of(len(comparison.groups), noun)} are few: this is a hint, not a proof.")
    return said


def group_noun(comparison: Comparison) -> str:
    """Return ``pair`` for groups of two, else ``group``."""
    return "pair" if len(comparison.choices) == 2 else "group"


def seeds_note(sweep: SweepRecord, comparison: Comparison) -> str:
    """Return what the results say of other seeds."""
    if sweep.repeats > 1:
        return f"Each result is the mean over {sweep.repeats} seeds; the curves are those of the first."
    seeds = {trial.seed for group in comparison.groups for trial in group.trials}
    which = f"with the same seed, {seeds.pop()}" if len(seeds) == 1 else "with one seed"
    return (
        f"Each result is a single training {which}: what another seed would change is not in these figures "
        "(--repeats 3 trains each with three)."
    )


def _ahead(comparison: Comparison) -> str:
    number, noun = len(comparison.groups), group_noun(comparison)
    first, *others = sorted(comparison.results, key=lambda each: -each.led)
    parts = [f"{each.label} in {each.led}" for each in others if each.led]
    if comparison.level:
        parts.append(f"in {comparison.level} the best two are level")
    often = f"all {number} {noun}s" if first.led == number else f"{first.led} of {number} {noun}s"
    return f"{', '.join([f'{first.label} is ahead in {often}', *parts])}."


def _on_average(sweep: SweepRecord, comparison: Comparison) -> list[str]:
    best = comparison.results[comparison.best]
    others = sorted(_others(comparison), key=lambda each: abs(each.mean - best.mean))
    lines = [_average(sweep, comparison, best, each) for each in others]
    return [f"{line[0].upper()}{line[1:]}." for line in lines]


def _average(sweep: SweepRecord, comparison: Comparison, best: Choice, other: Choice) -> str:
    """Return the mean difference with its interval, and what it is worth."""
    behind = other.behind
    assert behind is not None
    noun = group_noun(comparison)
    text = (
        f"on average {best.label} is {amount(sweep.metric, behind.mean)} better than {other.label} "
        f"(95% interval {signed_range(sweep.metric, behind.low, behind.high)})"
    )
    if behind.low > 0:
        return text
    if best.led == len(comparison.groups):
        return f"{text}, but by amounts that differ so much between the {noun}s that the average says little"
    return f"{text}, and the {noun}s differ too much for that average to decide"


def _outstanding(sweep: SweepRecord, comparison: Comparison) -> list[str]:
    """Return the group whose choices differ far more than in the others, if there is one."""
    groups = sorted(comparison.groups, key=lambda group: group.spread)
    if len(groups) < _FEWEST_TO_STAND_OUT:
        return []
    most, others = groups[-1], groups[:-1]
    typical = statistics.median(group.spread for group in groups)
    if most.leader is None or most.spread < _STANDS_OUT * typical:
        return []
    worst = most.values.index(min(most.values) if sweep.goal == "maximize" else max(most.values))
    return [
        f"It depends on the setting: with {most.title}, {comparison.choices[most.leader]} is "
        f"{amount(sweep.metric, most.spread)} ahead of {comparison.choices[worst]}; in the other "
        f"{len(others)} {group_noun(comparison)}s {_together(sweep, comparison, others)}."
    ]


def _together(sweep: SweepRecord, comparison: Comparison, groups: Sequence[Group]) -> str:
    """Return how the groups but the outstanding one stand together."""
    if len(comparison.choices) > 2:
        mean = statistics.fmean(group.spread for group in groups)
        return f"the best is {amount(sweep.metric, mean)} ahead of the worst on average"
    sign = 1.0 if sweep.goal == "maximize" else -1.0
    mean = sign * statistics.fmean(group.values[0] - group.values[1] for group in groups)
    return f"{comparison.choices[0 if mean > 0 else 1]} is {amount(sweep.metric, abs(mean))} ahead on average"


def _best_two(sweep: SweepRecord, comparison: Comparison) -> tuple[Choice, Choice]:
    """Return the choice with the best mean and the next one."""
    sign = 1.0 if sweep.goal == "maximize" else -1.0
    second = max(_others(comparison), key=lambda each: sign * each.mean)
    return comparison.results[comparison.best], second


def _others(comparison: Comparison) -> list[Choice]:
    return [each for place, each in enumerate(comparison.results) if place != comparison.best]
