"""Which trial is best."""

from __future__ import annotations

from dataclasses import replace

import pytest
from synthetic import make_sweep, make_trials

from swatch.report.ranking import best_epoch, best_trial, focus_range, ranked, running_best
from swatch.sweep.records import TrialRecord, TrialState


def trials_with(*values: float | None, state: TrialState = TrialState.FINISHED) -> list[TrialRecord]:
    made = make_trials(len(values))
    return [replace(trial, objective=value, state=state) for trial, value in zip(made, values, strict=True)]


@pytest.mark.parametrize(("goal", "winner"), [("maximize", 1), ("minimize", 3)])
def test_best_follows_the_goal_and_the_earlier_wins_a_tie(goal: str, winner: int) -> None:
    trials = trials_with(0.5, 0.9, 0.9, 0.1, 0.1, None, float("nan"))
    best = best_trial(make_sweep(goal=goal), trials)
    assert best is not None and best.number == winner


def test_a_trial_still_going_is_best_only_where_none_has_ended() -> None:
    ended, going = trials_with(0.5, 0.9)
    going = replace(going, state=TrialState.RUNNING)
    sweep = make_sweep()
    assert best_trial(sweep, [ended, going]) is ended
    assert best_trial(sweep, [going]) is going
    assert best_trial(sweep, []) is None


def test_a_failed_trial_is_never_best_whatever_it_logged() -> None:
    trials = trials_with(0.99, state=TrialState.FAILED)
    assert best_trial(make_sweep(), trials) is None
    assert running_best(make_sweep(), trials) == [None]


def test_the_ranking_keeps_every_trial() -> None:
    trials = make_trials(40)
    order = ranked(make_sweep(), trials)
    assert sorted(trial.number for trial in order) == list(range(40))
    assert [trial.state for trial in order].count(TrialState.FAILED) > 0, "the generator shall make failures"
    assert order[-1].state is TrialState.FAILED


def test_the_running_best_never_gets_worse() -> None:
    trials = trials_with(None, 0.5, 0.4, 0.7, None, 0.6)
    assert running_best(make_sweep(), trials[::-1]) == [None, 0.5, 0.5, 0.7, 0.7, 0.7]
    assert running_best(make_sweep(goal="minimize"), trials) == [None, 0.5, 0.4, 0.4, 0.4, 0.4]


def test_the_range_of_interest_leaves_out_outliers_on_the_bad_side_alone() -> None:
    values = [0.1, 0.86, 0.87, 0.88, 0.885, 0.89, 0.99]
    assert focus_range(values, "maximize") == (0.86, 0.99)
    assert focus_range(values, "minimize") == (0.1, 0.89)
    assert focus_range([0.5], "maximize") == (0.5, 0.5)
    assert focus_range([], "maximize") is None


def test_best_epoch_is_unknown_without_a_usable_summary() -> None:
    trial = make_trials(1)[0]
    assert best_epoch(trial) == trial.summary["best"]["epoch"]
    for summary in ({}, {"best": None}, {"best": {"epoch": float("nan")}}, {"best": {"epoch": "3"}}):
        assert best_epoch(replace(trial, summary=summary)) is None
