"""What random search would have reached."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from synthetic import make_sweep, make_trials

from swatch.report.sweep.baseline import baseline, expected_best
from swatch.sweep.records import TrialRecord, TrialState


def test_without_replacement_it_is_the_mean_over_all_orders() -> None:
    values = [3.0, 1.0, 4.0, 1.5, 5.0]
    orders = np.array(list(permutations(values)))
    running = np.maximum.accumulate(orders, axis=1)
    mean, low, high = expected_best(np.array(values), 5, again=False)
    assert mean == pytest.approx(running.mean(axis=0))
    assert low == pytest.approx(np.quantile(running, 0.1, axis=0, method="inverted_cdf"))
    assert high == pytest.approx(np.quantile(running, 0.9, axis=0, method="inverted_cdf"))


def test_with_replacement_it_is_what_simulated_searches_reach() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=300)
    drawn = np.maximum.accumulate(rng.choice(values, (20_000, 12)), axis=1)
    mean, _, _ = expected_best(values, 12, again=True)
    assert mean == pytest.approx(drawn.mean(axis=0), abs=0.03)


def test_a_random_sweep_is_its_own_baseline_and_ends_at_its_best() -> None:
    trials = make_trials(30)
    line = baseline(make_sweep(method="random"), trials)
    assert line is not None and line.source == "trials"
    assert line.expected[-1] == pytest.approx(max(t.objective for t in trials if t.objective is not None))
    assert len(line.expected) == 30 and "not chosen by their results" in line.method


def test_a_failure_is_a_draw_that_reached_nothing() -> None:
    trials = make_trials(12, stopping=False)
    known = [t for t in trials if t.objective is not None]
    failed = [replace(t, objective=None, state=TrialState.FAILED) for t in known[:4]]
    with_failures = baseline(make_sweep(method="random"), [*failed, *known[4:]])
    without = baseline(make_sweep(method="random"), known[4:])
    assert with_failures is not None and without is not None
    assert with_failures.expected[0] < without.expected[0]


def test_another_search_is_compared_with_random_points_of_its_space() -> None:
    def trial(number: int) -> TrialRecord:
        # Half of the trials crowd around the best place, as a search does.
        rate = rng.normal(0.7, 0.02) if number % 2 else rng.random()
        objective = -((rate - 0.7) ** 2)
        return replace(make_trials(1)[0], number=number, point={"x": rate}, objective=objective)

    rng = np.random.default_rng(0)
    trials = [replace(trial(number), state=TrialState.FINISHED) for number in range(80)]
    sweep = make_sweep(method="tpe", parameters={"x": {"distribution": "uniform", "min": 0.0, "max": 1.0}})
    line = baseline(sweep, trials)
    assert line is not None and line.source == "forest" and "random forest" in line.method
    # The mean over uniform points is -(0.7³ + 0.3³) / 3 = -0.123; that of the trials is about half of it.
    assert line.expected[0] == pytest.approx(-0.123, abs=0.025)
    assert list(line.expected) == sorted(line.expected)


def test_no_baseline_where_the_trials_carry_none() -> None:
    assert baseline(make_sweep(method="random"), []) is None
    assert baseline(make_sweep(), make_trials(10)) is None, "too few for a model"
    noise = [
        replace(t, objective=float(v), state=TrialState.FINISHED)
        for t, v in zip(make_trials(40), np.random.default_rng(0).random(40), strict=True)
    ]
    assert baseline(make_sweep(method="tpe"), noise) is None, "a forest that predicts nothing"


def test_a_bayesian_sweep_has_the_trials_that_it_began_with() -> None:
    noise = [
        replace(t, objective=float(v), state=TrialState.FINISHED)
        for t, v in zip(make_trials(40), np.random.default_rng(0).random(40), strict=True)
    ]
    line = baseline(make_sweep(method="bayes", count=40), noise)
    assert line is not None and line.source == "start" and "lower bound" in line.method
    first = [t.objective for t in noise[:10] if t.objective is not None]
    assert line.expected[0] == pytest.approx(np.mean(first))
    assert line.expected[-1] == pytest.approx(max(first), abs=0.01)
    assert len(line.expected) == 40


def test_for_a_loss_the_line_falls() -> None:
    trials = [
        replace(t, objective=1 - t.objective)
        for t in make_trials(30, stopping=False)
        if t.objective is not None
    ]
    line = baseline(make_sweep(method="random", metric="val/loss", goal="minimize"), trials)
    assert line is not None and list(line.expected) == sorted(line.expected, reverse=True)
    assert all(low <= high for low, high in zip(line.low, line.high, strict=True))
