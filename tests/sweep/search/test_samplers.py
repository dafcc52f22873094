"""TPE, CMA-ES and the Sobol sequence: pure functions of the history that find more than chance does."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from swatch.errors import UserError
from swatch.sweep.distributions import parse_parameter
from swatch.sweep.records import Point, TrialRecord, TrialState
from swatch.sweep.search import check_search, propose, search_of
from swatch.sweep.space.search_space import SearchSpace

METHODS = ("tpe", "cmaes", "qmc")

MIXED = SearchSpace(
    {
        "optimizer": parse_parameter({"values": ["adam", "sgd"]}),
        "momentum": parse_parameter({"min": 0.0, "max": 1.0}),
        "rate": parse_parameter({"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0}),
        "noise": parse_parameter({"distribution": "normal"}),
        "width": parse_parameter({"values": [16, 64, 32]}),
        "batch": parse_parameter({"min": 1, "max": 500}),
        "fixed": parse_parameter({"values": ["only"]}),
        "below": parse_parameter({"min": 1, "max": 4}),
        "seed": parse_parameter({"value": 3}),
    },
    {"momentum": {"optimizer": frozenset({"sgd"})}, "below": {"fixed": frozenset({"only"})}},
)
"""Every kind of axis, a conditional one, and one that depends on a parameter with a single value."""


def loss_of(point: Point) -> float:
    """Smallest for sgd with momentum 0.9, a rate of 0.01, noise 0 and width 64."""
    momentum = abs(point.get("momentum", 0.0) - 0.9)
    wide = {16: 0.4, 32: 0.2, 64: 0.0}[point["width"]]
    return abs(math.log10(point["rate"]) + 2) + momentum + abs(point["noise"]) + wide


def trial_of(number: int, point: Point, state: TrialState, value: float | None) -> TrialRecord:
    return TrialRecord(number, point, MIXED.point_key(point), f"run-{number}", 0, state, objective=value)


def run_sweep(
    method: str,
    count: int,
    *,
    seed: int = 0,
    agents: int = 1,
    goal: str = "minimize",
    fails: Callable[[Point], bool] = lambda point: False,
) -> list[TrialRecord]:
    sign = 1 if goal == "minimize" else -1
    trials: list[TrialRecord] = []
    for number in range(count):
        point = propose(MIXED, method, trials, number=number, seed=seed, goal=goal, count=count)
        assert isinstance(point, dict)
        trials.append(trial_of(number, point, TrialState.RUNNING, None))
        if (done := number + 1 - agents) >= 0:
            failed = fails(trials[done].point)
            state = TrialState.FAILED if failed else TrialState.FINISHED
            value = None if failed else sign * loss_of(trials[done].point)
            trials[done] = replace(trials[done], state=state, objective=value)
    return trials


@pytest.mark.parametrize("method", METHODS)
def test_points_lie_in_the_space_and_differ(method: str) -> None:
    trials = run_sweep(method, 30, agents=3)
    assert all(MIXED.contains(trial.point) for trial in trials)
    assert len({trial.point_key for trial in trials}) == 30
    assert {trial.point["optimizer"] for trial in trials} == {"adam", "sgd"}
    assert all(("momentum" in trial.point) == (trial.point["optimizer"] == "sgd") for trial in trials)


@pytest.mark.parametrize("method", METHODS)
def test_a_proposal_depends_on_the_history_alone(method: str) -> None:
    trials = run_sweep(method, 24)
    for number in (0, 11, 23):
        shuffled = list(reversed(trials[:number]))
        assert propose(MIXED, method, shuffled, number=number, seed=0, count=24) == trials[number].point


@pytest.mark.parametrize("method", ["tpe", "cmaes"])
@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_it_finds_more_than_chance(method: str, goal: str) -> None:
    found = [min(loss_of(t.point) for t in run_sweep(method, 60, seed=s, goal=goal)) for s in range(3)]
    chance = [min(loss_of(t.point) for t in run_sweep("random", 60, seed=s)) for s in range(8)]
    assert np.mean(found) < 0.75 * np.mean(chance)


@pytest.mark.parametrize("method", ["tpe", "cmaes"])
def test_failed_trials_keep_the_search_away(method: str) -> None:
    """Where a rate above 0.05 fails, fewer of the later trials go there than where nothing does."""

    def later(trials: list[TrialRecord]) -> int:
        return sum(trial.point["rate"] > 0.05 for trial in trials[30:])

    failing = sum(later(run_sweep(method, 60, seed=s, fails=lambda p: p["rate"] > 0.05)) for s in range(2))
    by_chance = sum(later(run_sweep("random", 60, seed=s)) for s in range(2))
    assert failing < 0.6 * by_chance


def test_running_trials_count_for_tpe() -> None:
    """Told that its best candidates already run, it proposes others."""
    ended = run_sweep("tpe", 30)
    first = propose(MIXED, "tpe", ended, number=30, seed=0)
    assert isinstance(first, dict)
    pending = [
        trial_of(30 + n, {**first, "noise": first["noise"] + n / 1000}, TrialState.RUNNING, None)
        for n in range(6)
    ]
    second = propose(MIXED, "tpe", [*ended, *pending], number=36, seed=0)
    assert isinstance(second, dict)
    assert second != first


def test_cma_es_uses_whole_generations_in_the_order_of_numbers() -> None:
    """With 4 numbers a generation has 4 + int(3 ln 4) = 8 trials: the 8th changes something, the 9th not."""
    space = SearchSpace({key: parse_parameter({"min": 0.0, "max": 1.0}) for key in "abcd"})
    rng = np.random.default_rng(0)
    points = [space.sample(rng) for _ in range(10)]
    trials = [
        TrialRecord(n, p, space.point_key(p), "r", 0, TrialState.FINISHED, objective=sum(p.values()))
        for n, p in enumerate(points)
    ]

    def next_point(known: int) -> Point:
        point = propose(space, "cmaes", trials[:known], number=50, seed=0)
        assert isinstance(point, dict)
        return point

    assert next_point(0) == next_point(7)
    assert next_point(7) != next_point(8)
    assert next_point(8) == next_point(10)


def test_cma_es_starts_again_when_it_has_converged() -> None:
    """Told again and again of one place it collapses there; then it starts anew, far around."""
    space = SearchSpace({key: parse_parameter({"min": 0.0, "max": 1.0}) for key in "ab"})
    rng = np.random.default_rng(0)
    points = [dict(zip("ab", (0.5 + 1e-13 * rng.normal(size=2)).tolist(), strict=True)) for _ in range(300)]
    trials = [
        TrialRecord(n, point, space.point_key(point), "r", 0, TrialState.FINISHED, objective=1.0)
        for n, point in enumerate(points)
    ]
    distances = []
    # A generation of two numbers has six trials.
    for known in range(120, 301, 6):
        point = propose(space, "cmaes", trials[:known], number=known, seed=0)
        assert isinstance(point, dict)
        distances.append(max(abs(value - 0.5) for value in point.values()))
    assert min(distances) < 1e-3
    assert max(distances) > 0.1


def test_cma_es_needs_two_numbers_and_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    one = SearchSpace(
        {"a": parse_parameter({"min": 0, "max": 9}), "b": parse_parameter({"values": ["x", "y"]})}
    )
    with pytest.raises(UserError, match="at least two swept numbers"):
        check_search(one, "cmaes")
    check_search(MIXED, "cmaes")
    monkeypatch.setitem(sys.modules, "cmaes", None)
    with pytest.raises(UserError, match=r"pip install 'swatch\[cmaes\]'"):
        check_search(MIXED, "cmaes")


def test_the_sobol_sequence_covers_evenly() -> None:
    """16 points of two numbers: one in each sixteenth of either range, which chance hardly ever gives."""
    space = SearchSpace({key: parse_parameter({"min": 0.0, "max": 1.0}) for key in "ab"})
    points = [propose(space, "qmc", [], number=number, seed=5) for number in range(16)]
    for key in "ab":
        assert sorted(int(point[key] * 16) for point in points if isinstance(point, dict)) == list(range(16))


@pytest.mark.parametrize("method", ["tpe", "random", "qmc"])
def test_ten_thousand_trials_stay_cheap(method: str) -> None:
    rng = np.random.default_rng(0)
    points = [MIXED.sample(rng) for _ in range(10_000)]
    trials = [trial_of(n, point, TrialState.FINISHED, loss_of(point)) for n, point in enumerate(points)]
    times = []
    for number in (10_000, 10_001, 10_002):
        start = time.process_time()
        assert isinstance(propose(MIXED, method, trials, number=number, seed=0), dict)
        times.append(time.process_time() - start)
    # The first one reads all trials, or draws as many points.
    assert min(times) < 0.5


def test_samplers_are_chosen_by_name() -> None:
    assert search_of("random", None) == "random"
    assert search_of("random", "gp") == "bayes"
    assert search_of("bayes", "tpe") == "tpe"
    with pytest.raises(UserError, match="Did you mean 'cmaes'"):
        search_of("random", "cmae")
    with pytest.raises(UserError, match="`method: grid` visits every point"):
        search_of("grid", "tpe")


def test_a_gain_to_stop_at_needs_the_model() -> None:
    check_search(MIXED, "bayes", stop_gain=0.1)
    with pytest.raises(UserError, match="this sweep's search is random"):
        check_search(MIXED, "random", stop_gain=0.1)
