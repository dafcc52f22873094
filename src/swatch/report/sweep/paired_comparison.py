"""Like with like: the trials of a sweep that differ in one parameter alone, as groups.

A small grid is made of such groups. A search that goes where results are good makes them by accident and too
few: :func:`comparisons` finds none there.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from swatch.metrics.paired import PairedDifference, paired_difference
from swatch.report.labels import format_value, short_names
from swatch.report.ranking import value_of
from swatch.report.sweep.axes import Axis
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState

FEWEST_GROUPS = 3
LEAST_COVERED = 0.5
"""Share of the ended trials that must belong to complete groups."""
MOST_CHOICES = 8
_SEED = "seed"


@dataclass(frozen=True)
class Group:
    """Trials that differ in the compared parameter alone, one for each of its choices."""

    setting: Mapping[str, str]
    """What they share of what differs between groups: short names and values."""
    trials: tuple[TrialRecord, ...]
    """In the order of the choices."""
    values: tuple[float, ...]
    leader: int | None
    """The place of the best choice; None if the best two are level."""

    @property
    def title(self) -> str:
        """The shared setting in a line."""
        return ", ".join(f"{name} {value}" for name, value in self.setting.items()) or "all trials"

    @property
    def spread(self) -> float:
        """The best value less the worst."""
        return max(self.values) - min(self.values)


@dataclass(frozen=True)
class Choice:
    """How one choice did over all groups."""

    label: str
    mean: float
    led: int
    """In how many groups it was the best by itself."""
    behind: PairedDifference | None
    """By how much the best choice is better than it; None for the best choice itself."""


@dataclass(frozen=True)
class Comparison:
    """One parameter, compared where everything else is equal."""

    key: str
    name: str
    choices: tuple[str, ...]
    groups: tuple[Group, ...]
    results: tuple[Choice, ...]
    """In the order of the choices."""
    best: int
    """The place of the choice with the best mean."""
    left_out: int
    """Ended trials in groups that are not complete."""

    @property
    def level(self) -> int:
        """In how many groups the best two were level."""
        return sum(group.leader is None for group in self.groups)


def comparisons(sweep: SweepRecord, trials: Sequence[TrialRecord], axes: Sequence[Axis]) -> list[Comparison]:
    """Return the parameters that enough complete groups of trials compare.

    Choices without an order come first, as numbers have correlations already; then few choices before many.
    Trials count that ran to their end: the value of one that was stopped early is of another length of
    training. ``trials`` are in order of number, as in the axes' positions.
    """
    varied = [axis for axis in axes if axis.varies]
    names = short_names(axis.key for axis in axes)
    found = [
        (axis.is_ordered, len(comparison.choices), comparison)
        for axis in varied
        if axis.is_discrete and axis.key.rpartition(".")[2].rpartition("_")[2] != _SEED
        if (comparison := _compare(sweep, trials, axis, names)) is not None
    ]
    return [comparison for *_, comparison in sorted(found, key=lambda each: each[:2])]


def _compare(
    sweep: SweepRecord, trials: Sequence[TrialRecord], axis: Axis, names: Mapping[str, str]
) -> Comparison | None:
    places = sorted(set(axis.positions))
    if not 2 <= len(places) <= MOST_CHOICES or places[0] < 0:
        return None
    ended = [
        (trial, place) for trial, place in zip(trials, axis.positions, strict=True) if trial.state.is_over
    ]
    alike: dict[str, dict[float, TrialRecord]] = {}
    for trial, place in ended:
        if trial.state is TrialState.FINISHED and value_of(trial) is not None:
            alike.setdefault(_others(trial, axis.key), {}).setdefault(place, trial)
    complete = [group for group in alike.values() if len(group) == len(places)]
    covered = len(complete) * len(places)
    if len(complete) < FEWEST_GROUPS or covered < LEAST_COVERED * len(ended):
        return None
    members = [tuple(group[place] for place in places) for group in complete]
    differing = _differing([group[0] for group in members], axis.key)
    groups = tuple(_group(sweep, group, differing, names) for group in members)
    choices = tuple(axis.label_at(place) for place in places)
    best, results = _results(sweep, choices, groups)
    return Comparison(
        *(axis.key, names[axis.key], choices, groups, results, best),
        left_out=len(ended) - covered,
    )


def _others(trial: TrialRecord, key: str) -> str:
    """Return all of a trial's parameters but one, as text that is equal for equal ones."""
    rest = {name: value for name, value in trial.point.items() if name != key}
    return json.dumps(rest, sort_keys=True, default=str)


def _differing(trials: Sequence[TrialRecord], key: str) -> list[str]:
    keys = dict.fromkeys(name for trial in trials for name in trial.point if name != key)
    return [
        name
        for name in keys
        if len({json.dumps(trial.point.get(name), sort_keys=True, default=str) for trial in trials}) > 1
    ]


def _group(
    sweep: SweepRecord, members: tuple[TrialRecord, ...], differing: Sequence[str], names: Mapping[str, str]
) -> Group:
    point = members[0].point
    values = tuple(value for trial in members if (value := value_of(trial)) is not None)
    top = max(values) if sweep.goal == "maximize" else min(values)
    return Group(
        setting={names[key]: format_value(point[key]) for key in differing if key in point},
        trials=members,
        values=values,
        leader=values.index(top) if values.count(top) == 1 else None,
    )


def _results(
    sweep: SweepRecord, choices: Sequence[str], groups: Sequence[Group]
) -> tuple[int, tuple[Choice, ...]]:
    columns = [[group.values[place] for group in groups] for place in range(len(choices))]
    means = [statistics.fmean(column) for column in columns]
    best = means.index(max(means) if sweep.goal == "maximize" else min(means))
    # The best choice was picked by looking at all pairs of choices.
    pairs = len(choices) * (len(choices) - 1) // 2
    sign = 1.0 if sweep.goal == "maximize" else -1.0

    def behind(place: int) -> PairedDifference | None:
        if place == best:
            return None
        ahead, other = ([sign * value for value in columns[each]] for each in (best, place))
        return paired_difference(ahead, other, comparisons=pairs)

    return best, tuple(
        Choice(label, means[place], sum(group.leader == place for group in groups), behind(place))
        for place, label in enumerate(choices)
    )
