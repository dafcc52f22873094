"""What the best trials have in common, and where the trials lie that are far worse than the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from swatch.report.ranking import focus_range, ranked, value_of
from swatch.report.sweep.axes import Axis
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState

_BEST_SHARE = 0.1
_FEWEST_BEST = 4
# A choice that nearly all trials have says nothing of the best.
_MOST_COMMON = 0.8
_FEWEST_FAR = 3
# A choice is to blame if so many of its trials lie far below, and so many times more than of all trials.
_BLAMED_SHARE = 0.25
_BLAMED_TIMES = 2.0


@dataclass(frozen=True)
class Shared:
    """A choice that all of the best trials have."""

    key: str
    label: str


@dataclass(frozen=True)
class Blamed:
    """A choice whose trials often lie far from the rest."""

    key: str
    label: str
    far: int
    trials: int


@dataclass(frozen=True)
class Far:
    """The trials that are far worse than the rest."""

    bound: float
    """They lie beyond it."""
    trials: int
    stopped: int
    """How many of them were stopped early."""
    blamed: tuple[Blamed, ...]
    """The choices that have many of them, by the share of their trials."""


def shared_by_best(
    sweep: SweepRecord, trials: Sequence[TrialRecord], axes: Sequence[Axis]
) -> tuple[int, list[Shared]]:
    """Return how many trials make the best tenth, and the choices that all of them have.

    Choices that more than four of five trials have are left out. None below 40 trials with a result:
    of fewer, a tenth has too much in common by accident. ``trials`` go with the axes' positions.
    """
    known = [trial for trial in ranked(sweep, trials) if value_of(trial) is not None]
    number = int(_BEST_SHARE * len(known))
    if number < _FEWEST_BEST:
        return 0, []
    best, all_known = _numbers(known[:number]), _numbers(known)
    found = []
    for axis in axes:
        if not axis.is_discrete:
            continue
        at = {trial.number: place for trial, place in zip(trials, axis.positions, strict=True)}
        places = {at[each] for each in best}
        place = next(iter(places))
        common = sum(at[each] == place for each in all_known) / len(all_known)
        if len(places) == 1 and place >= 0 and common <= _MOST_COMMON:
            found.append(Shared(axis.key, axis.label_at(place)))
    return number, found


def far_from_rest(sweep: SweepRecord, trials: Sequence[TrialRecord], axes: Sequence[Axis]) -> Far | None:
    """Return the trials that are far worse than the rest, or None if there are too few to say anything of.

    The bound is Tukey's fence, as in :func:`swatch.report.ranking.focus_range`. ``trials`` go with the axes'
    positions.
    """
    known = [trial for trial in trials if value_of(trial) is not None]
    values = {trial.number: value for trial in known if (value := value_of(trial)) is not None}
    focus = focus_range(list(values.values()), sweep.goal)
    if focus is None:
        return None
    low, high = focus
    bound = low if sweep.goal == "maximize" else high
    far = {number for number, value in values.items() if value < low or value > high}
    if len(far) < _FEWEST_FAR:
        return None
    usual = len(far) / len(known)
    found = []
    for axis in axes:
        if not axis.is_discrete or not axis.varies:
            continue
        groups: dict[float, list[int]] = {}
        for trial, place in zip(trials, axis.positions, strict=True):
            if trial.number in values and place >= 0:
                groups.setdefault(place, []).append(trial.number)
        for place, numbers in groups.items():
            count = sum(number in far for number in numbers)
            share = count / len(numbers)
            if count > 1 and share >= max(_BLAMED_SHARE, _BLAMED_TIMES * usual):
                found.append(Blamed(axis.key, axis.label_at(place), count, len(numbers)))
    stopped = sum(trial.number in far and trial.state is TrialState.STOPPED for trial in known)
    found.sort(key=lambda each: (-each.far / each.trials, -each.far))
    return Far(bound, len(far), stopped, tuple(found))


def _numbers(trials: Sequence[TrialRecord]) -> list[int]:
    return [trial.number for trial in trials]
