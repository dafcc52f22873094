"""A sweep's search as a whole: known points, several objectives, and what trials without a result count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from swatch.errors import UserError
from swatch.sweep.config import Metric
from swatch.sweep.distributions import parse_parameter
from swatch.sweep.prior.known import KnownPoint
from swatch.sweep.records import Point, TrialRecord, TrialState
from swatch.sweep.search import EXHAUSTED, METHODS, propose
from swatch.sweep.search.imputing import imputed
from swatch.sweep.search.pareto import pareto_front, scalarised, values_of
from swatch.sweep.search.searching import Search
from swatch.sweep.space.search_space import SearchSpace

SPACE = SearchSpace(
    {
        "x": parse_parameter({"values": [1, 2, 3]}),
        "y": parse_parameter({"values": [10, 20, 30]}),
    }
)
UNIT = SearchSpace({key: parse_parameter({"min": 0.0, "max": 1.0}) for key in "xy"})
LOSS = Metric("loss")


def trial_of(
    number: int,
    point: Point,
    state: TrialState = TrialState.FINISHED,
    objective: float | None = None,
    history: list[dict[str, Any]] | None = None,
    space: SearchSpace = SPACE,
) -> TrialRecord:
    key = space.point_key(point)
    return TrialRecord(
        number, point, key, f"run-{number}", 0, state, objective=objective, history=history or []
    )


# Known points

KNOWN = (
    KnownPoint({"x": 1, "y": 10}, 0.5, "a.csv:2"),
    KnownPoint({"x": 2, "y": 20}, None, "a.csv:3"),
    KnownPoint({"x": 3, "y": 30}, None, "a.csv:4"),
)


@pytest.mark.parametrize("method", METHODS)
def test_points_without_a_result_come_first_and_those_with_one_never(method: str) -> None:
    search = Search(SPACE, method, 0, "minimize", (LOSS,), KNOWN)
    trials: list[TrialRecord] = []
    while isinstance(point := search.propose(trials, number=len(trials), count=None), dict):
        trials.append(trial_of(len(trials), point, objective=float(len(trials))))
    assert point is EXHAUSTED
    assert [trial.point for trial in trials[:2]] == [{"x": 2, "y": 20}, {"x": 3, "y": 30}]
    assert len({trial.point_key for trial in trials}) == 8
    assert {"x": 1, "y": 10} not in [trial.point for trial in trials]


def test_known_results_spare_the_exploring() -> None:
    """With twelve known results the first trial is the model's: it goes where they are good."""
    known = tuple(
        KnownPoint({"x": x / 4, "y": y / 3}, (x / 4 - 0.25) ** 2 + (y / 3 - 0.6) ** 2, "k")
        for x in range(5)
        for y in range(4)
    )
    point = Search(UNIT, "bayes", 0, "minimize", (LOSS,), known).propose([], number=0, count=None)
    assert isinstance(point, dict)
    assert abs(point["x"] - 0.25) < 0.15
    assert abs(point["y"] - 0.6) < 0.15
    belief = Search(UNIT, "random", 0, "minimize", (LOSS,), known).believe([])
    assert belief is not None
    assert belief.trials == 20


def test_nothing_that_is_expected_to_be_worse_than_a_trial_is_the_optimum() -> None:
    """What is expected of the trials comes from the finished ones alone; the optimum's model sees all."""
    points = [{"x": n / 23, "y": (7 * (n // 2) % 12) / 12} for n in range(24)]
    trials = [
        trial_of(
            n,
            point,
            TrialState.STOPPED if n % 2 else TrialState.FINISHED,
            point["x"] + point["y"] + 3 * (n % 2),
            space=UNIT,
        )
        for n, point in enumerate(points)
    ]
    for goal, sign in (("minimize", 1.0), ("maximize", -1.0)):
        seen = [replace(trial, objective=sign * (trial.objective or 0.0)) for trial in trials]
        belief = Search(UNIT, "bayes", 0, goal, (Metric("loss", goal=goal),)).believe(seen)
        assert belief is not None
        assert sign * belief.optimum.mean <= sign * belief.best_by_mean.mean


def test_a_known_point_goes_into_the_ledger_and_back() -> None:
    assert KnownPoint(**KNOWN[0].record()) == KNOWN[0]


# What a trial without a result counts


@pytest.mark.parametrize(
    ("impute", "expected"),
    [
        ("worst", (TrialState.FAILED, 0.2)),
        ("best", (TrialState.FINISHED, 0.2)),
        ("latest", (TrialState.FINISHED, 0.9)),
    ],
)
def test_a_failed_trial_is_imputed(impute: str, expected: tuple[TrialState, float]) -> None:
    history = [{"loss": 0.2}, {"loss": 0.9}, {"loss": float("nan")}, {"other": 1}]
    metric = Metric("loss", impute=impute)
    trials = [trial_of(0, {"x": 1, "y": 10}, TrialState.FAILED, 0.2, history)]
    assert [(trial.state, trial.objective) for trial in imputed(trials, metric)] == [expected]
    # One that logged nothing is the worst whatever the strategy.
    silent = trial_of(1, {"x": 1, "y": 20}, TrialState.CRASHED)
    assert imputed([silent], metric) == [silent]


@pytest.mark.parametrize(
    ("strategy", "logged", "silent"),
    [
        ("false", TrialState.RUNNING, TrialState.RUNNING),
        ("worst", TrialState.FINISHED, TrialState.FAILED),
        ("best", TrialState.FINISHED, TrialState.RUNNING),
        ("latest", TrialState.FINISHED, TrialState.RUNNING),
    ],
)
def test_a_running_trial_is_imputed(strategy: str, logged: TrialState, silent: TrialState) -> None:
    metric = Metric("loss", impute_while_running=strategy)
    trials = [
        trial_of(0, {"x": 1, "y": 10}, TrialState.RUNNING, 0.3, [{"loss": 0.3}, {"loss": 0.4}]),
        trial_of(1, {"x": 1, "y": 20}, TrialState.RUNNING),
        trial_of(2, {"x": 1, "y": 30}, TrialState.WAITING, 0.1),
        trial_of(3, {"x": 2, "y": 10}, TrialState.STOPPED, 0.1),
    ]
    states = [trial.state for trial in imputed(trials, metric)]
    assert states == [logged, silent, TrialState.WAITING, TrialState.STOPPED]
    assert [trial.objective for trial in imputed(trials, metric)] == [0.3, None, 0.1, 0.1]


# Several objectives

BOTH = (Metric("accuracy", "maximize"), Metric("seconds", "minimize"))


def measured(number: int, accuracy: float, seconds: float, **more: Any) -> TrialRecord:
    history = [
        {"accuracy": 1.0, "seconds": float("nan")},
        {"accuracy": accuracy, "seconds": seconds},
        {"accuracy": 1.0},
    ]
    point = {"x": number / 10, "y": accuracy % 1}
    return trial_of(number, point, objective=1.0, history=history, space=UNIT, **more)


def test_the_values_are_those_of_the_last_epoch_that_has_them_all() -> None:
    assert values_of(measured(0, 0.7, 5.0), BOTH) == (0.7, 5.0)
    assert values_of(trial_of(0, {"x": 1, "y": 10}, history=[{"accuracy": 0.7}]), BOTH) is None


def test_the_front_is_what_no_other_trial_beats() -> None:
    """Accuracy up, seconds down: 0 is beaten by 1, and 4 by 2; 2 and 5 are equal."""
    values = [(0.7, 5.0), (0.7, 4.0), (0.8, 6.0), (0.9, 9.0), (0.75, 6.0), (0.8, 6.0)]
    trials = [measured(number, *pair) for number, pair in enumerate(values)]
    trials.append(measured(6, 0.99, 1.0, state=TrialState.FAILED))
    trials.append(trial_of(7, {"x": 0.1, "y": 0.1}, space=UNIT))
    assert [trial.number for trial in pareto_front(trials[::-1], BOTH)] == [1, 2, 3, 5]
    assert pareto_front([], BOTH) == []


def test_what_beats_another_trial_has_the_lower_scalar() -> None:
    trials = [measured(0, 0.7, 5.0), measured(1, 0.8, 4.0), measured(2, 0.9, 9.0)]
    ranks = set()
    for number in range(20):
        objectives = [trial.objective for trial in scalarised(trials, BOTH, seed=0, number=number)]
        assert objectives[1] < objectives[0]  # type: ignore[operator]
        ranks.add(objectives[1] < objectives[2])  # type: ignore[operator]
    # The weights change, and with them which end of the front is looked for.
    assert ranks == {True, False}
    assert scalarised(trials, BOTH, seed=0, number=3) == scalarised(trials, BOTH, seed=0, number=3)


def test_a_search_with_two_objectives_finds_the_front() -> None:
    """loss = x + y² and cost = (1 − x) + y²: the front is y = 0 with any x."""
    metrics = (Metric("loss"), Metric("cost"))
    trials: list[TrialRecord] = []
    for number in range(30):
        point = Search(UNIT, "bayes", 0, "minimize", metrics).propose(trials, number=number, count=30)
        assert isinstance(point, dict)
        x, y = point["x"], point["y"]
        history = [{"loss": x + y**2, "cost": 1 - x + y**2}]
        trials.append(trial_of(number, point, objective=x + y**2, history=history, space=UNIT))
    late = trials[12:]
    assert sum(trial.point["y"] < 0.2 for trial in late) > 0.6 * len(late)
    assert min(trial.point["x"] for trial in late) < 0.2
    assert max(trial.point["x"] for trial in late) > 0.8


def test_what_does_not_go_together_is_refused() -> None:
    Search(SPACE, "bayes", 0, "minimize", BOTH, KNOWN[1:]).check()
    with pytest.raises(UserError, match="--prior brings results of one metric"):
        Search(SPACE, "bayes", 0, "minimize", BOTH, KNOWN).check()
    with pytest.raises(UserError, match="--stop-gain is in the units of one metric"):
        Search(SPACE, "bayes", 0, "minimize", BOTH, stop_gain=0.1).check()
    assert Search(SPACE, "bayes", 0, "minimize", BOTH).believe([]) is None


def test_without_extras_it_is_the_plain_search() -> None:
    trials = [trial_of(0, {"x": 1, "y": 10}, objective=1.0)]
    search = Search(SPACE, "random", 3, "minimize")
    assert search.propose(trials, number=1, count=5) == propose(SPACE, "random", trials, number=1, seed=3)
