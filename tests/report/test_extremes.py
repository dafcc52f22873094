"""What the best trials share, and where the far worse ones lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic import make_sweep
from test_statements import findings, trials_of

from swatch.report.sweep.axes import build_axes
from swatch.report.sweep.extremes import far_from_rest, shared_by_best
from swatch.sweep.records import TrialRecord, TrialState

SWEEP = make_sweep(
    parameters={
        "optimizer": {"values": ["adam", "sgd"]},
        "width": {"values": [32, 64]},
        "depth": {"value": 3},
    }
)


@pytest.fixture
def trials() -> list[TrialRecord]:
    """Eighty of which wide ones are better, and six of ten with sgd do not learn."""
    rng = np.random.default_rng(0)
    points = [
        {"optimizer": "sgd" if number % 8 == 0 else "adam", "width": 64 if number % 2 else 32, "depth": 3}
        for number in range(80)
    ]
    values = [
        0.1
        if number in (0, 8, 16, 24, 32, 40)
        else 0.8 + 0.02 * (point["width"] == 64) + rng.uniform(0, 0.01)
        for number, point in enumerate(points)
    ]
    return trials_of(points, values)


def test_the_best_tenth_shares_the_choices_that_not_all_have(trials: list[TrialRecord]) -> None:
    number, shared = shared_by_best(SWEEP, trials, build_axes(SWEEP.parameters, trials))
    assert number == 8 and [(each.key, each.label) for each in shared] == [("width", "64")]
    assert "The best 8 trials, a tenth, all have width 64." in findings(SWEEP, trials)
    few = trials[:39]
    assert shared_by_best(SWEEP, few, build_axes(SWEEP.parameters, few)) == (0, [])


def test_choices_with_many_far_worse_trials_are_named(trials: list[TrialRecord]) -> None:
    trials[8] = replace(trials[8], state=TrialState.STOPPED)
    far = far_from_rest(SWEEP, trials, build_axes(SWEEP.parameters, trials))
    assert far is not None
    assert (far.trials, far.stopped) == (6, 1) and 0.8 <= far.bound < 0.83
    assert [(each.key, each.label, each.far, each.trials) for each in far.blamed] == [
        ("optimizer", "sgd", 6, 10)
    ]
    said = next(each for each in findings(SWEEP, trials) if "far worse" in each)
    assert said.startswith("6 trials are far worse than the rest (below 0.8")
    assert said.endswith("; 1 of them stopped early): among them 6 of 10 with optimizer sgd.")


def test_without_outliers_nothing_is_said_of_them(trials: list[TrialRecord]) -> None:
    good = [trial for trial in trials if trial.objective and trial.objective > 0.5]
    assert far_from_rest(SWEEP, good, build_axes(SWEEP.parameters, good)) is None
    nobody = [replace(trial, objective=None) for trial in trials]
    assert far_from_rest(SWEEP, nobody, build_axes(SWEEP.parameters, nobody)) is None
