"""What the search says it believes, against a function that is known."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import pytest

from swatch.sweep.distributions import parse_parameter
from swatch.sweep.records import Point, TrialRecord, TrialState
from swatch.sweep.search import NOT_NOW, NOT_WORTH_IT, propose
from swatch.sweep.search.bayes import Belief, believe
from swatch.sweep.space.search_space import SearchSpace

SPACE = SearchSpace(
    {
        "rate": parse_parameter({"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0}),
        "width": parse_parameter({"min": 1, "max": 9}),
        "kind": parse_parameter({"values": ["a", "b", "c"]}),
        "unused": parse_parameter({"min": 0.0, "max": 1.0}),
    }
)


def loss_of(point: Point) -> float:
    """Smallest, 1, at a rate of 0.01, width 6 and kind b; ``unused`` means nothing."""
    rate = (math.log10(point["rate"]) + 2) ** 2
    return 1 + rate + 0.02 * (point["width"] - 6) ** 2 + {"a": 0.3, "b": 0.0, "c": 0.5}[point["kind"]]


def trials_of(
    count: int, *, noise: float = 0.0, sign: float = 1.0, seed: int = 0, start: int = 0
) -> list[TrialRecord]:
    rng = np.random.default_rng(seed)
    points = [SPACE.sample(rng) for _ in range(count)]
    return [
        TrialRecord(
            start + number,
            point,
            SPACE.point_key(point),
            f"run-{number}",
            0,
            TrialState.FINISHED,
            objective=sign * (loss_of(point) + noise * rng.normal()),
        )
        for number, point in enumerate(points)
    ]


def belief_of(*args: object, **kwargs: object) -> Belief:
    belief = believe(*args, **kwargs)  # type: ignore[arg-type]
    assert belief is not None
    return belief


@pytest.mark.parametrize(("goal", "sign"), [("minimize", 1.0), ("maximize", -1.0)])
def test_the_optimum_is_predicted_in_the_metrics_units(goal: str, sign: float) -> None:
    belief = belief_of(SPACE, trials_of(60, sign=sign), goal=goal)
    optimum = belief.optimum
    assert SPACE.contains(optimum.point)
    assert optimum.point["kind"] == "b"
    assert optimum.point["width"] in (5, 6, 7)
    assert math.log10(optimum.point["rate"]) == pytest.approx(-2, abs=0.25)
    assert optimum.mean == pytest.approx(sign * 1.0, abs=0.15)
    assert abs(optimum.mean - sign * loss_of(optimum.point)) < 4 * optimum.deviation + 0.02


def test_its_doubt_is_honest() -> None:
    """Over several histories the truth lies within two deviations about as often as it should."""
    within = []
    for seed in range(20):
        optimum = belief_of(SPACE, trials_of(30, noise=0.1, seed=seed)).optimum
        within.append(abs(optimum.mean - loss_of(optimum.point)) < 2 * optimum.deviation)
    assert np.mean(within) >= 0.8


def test_of_a_trial_it_says_what_one_more_training_may_give() -> None:
    rng, within = np.random.default_rng(1), []
    for seed in range(12):
        best = belief_of(SPACE, trials_of(50, noise=0.1, seed=seed)).best_by_mean
        again = loss_of(best.point) + 0.1 * rng.standard_normal(20)
        assert best.deviation is not None
        within.append(np.mean(np.abs(again - best.mean) < 2 * best.deviation))
    assert 0.85 <= np.mean(within) <= 1


def test_few_trials_cannot_say_what_is_chance() -> None:
    few, enough = belief_of(SPACE, trials_of(39)), belief_of(SPACE, trials_of(40))
    assert few.best_by_mean.deviation is None and enough.best_by_mean.deviation is not None


def test_importance_names_what_matters() -> None:
    importance = belief_of(SPACE, trials_of(60)).importance
    assert next(iter(importance)) == "rate"
    assert list(importance)[-1] == "unused"
    assert importance["unused"] < 0.05
    assert sum(importance.values()) == pytest.approx(1.0)


def test_the_noise_is_estimated() -> None:
    assert belief_of(SPACE, trials_of(120, noise=0.2)).noise == pytest.approx(0.2, rel=0.4)
    assert belief_of(SPACE, trials_of(120)).noise < 0.1


def test_the_best_by_mean_is_not_the_luckiest() -> None:
    """A trial whose neighbours are all bad reached 0 by luck; a good region is better by the model."""
    trials = trials_of(100, noise=0.1)
    worst = max(trials, key=lambda trial: loss_of(trial.point))
    trials[worst.number] = TrialRecord(
        worst.number, worst.point, worst.point_key, "run", 0, TrialState.FINISHED, objective=0.5
    )
    best = belief_of(SPACE, trials).best_by_mean
    assert best.trial is not None
    assert best.trial != worst.number
    assert trials[best.trial].point == best.point
    assert loss_of(best.point) < np.quantile([loss_of(trial.point) for trial in trials], 0.05)


def test_the_gain_falls_as_the_optimum_is_found() -> None:
    """Of 12 random trials much is left; after a search there is hardly anything."""
    trials = trials_of(12)
    early = belief_of(SPACE, trials).gain
    for number in range(12, 45):
        point = propose(SPACE, "bayes", trials, number=number, seed=0)
        assert isinstance(point, dict)
        key = SPACE.point_key(point)
        trials.append(
            TrialRecord(number, point, key, "run", 0, TrialState.FINISHED, objective=loss_of(point))
        )
    late = belief_of(SPACE, trials).gain
    assert early > 0.02
    assert late < 0.1 * early
    # The search stops by itself where that is less than was asked for, and goes on where it is not.
    arguments = {"number": len(trials), "seed": 0}
    assert propose(SPACE, "bayes", trials, stop_gain=10 * late, **arguments) is NOT_WORTH_IT  # type: ignore[arg-type]
    assert isinstance(propose(SPACE, "bayes", trials, stop_gain=1e-12, **arguments), dict)  # type: ignore[arg-type]


def test_while_trials_run_nobody_gives_up() -> None:
    trials = trials_of(40)
    point = SPACE.sample(np.random.default_rng(99))
    running = TrialRecord(40, point, SPACE.point_key(point), "run", 0, TrialState.RUNNING)
    assert propose(SPACE, "bayes", trials, number=40, seed=0, stop_gain=1e9) is NOT_WORTH_IT
    assert propose(SPACE, "bayes", [*trials, running], number=41, seed=0, stop_gain=1e9) is NOT_NOW
    # The first points are for exploring, whatever the gain.
    assert isinstance(propose(SPACE, "bayes", trials[:2], number=2, seed=0, stop_gain=1e9), dict)


def test_nothing_is_left_to_gain_of_a_space_that_is_used_up() -> None:
    space = SearchSpace({"a": parse_parameter({"min": 0, "max": 7})})
    trials = [
        TrialRecord(
            n, {"a": n}, space.point_key({"a": n}), "r", 0, TrialState.FINISHED, objective=(n - 3) ** 2
        )
        for n in range(8)
    ]
    belief = belief_of(space, trials)
    assert (belief.gain, belief.optimum.point, belief.best_by_mean.trial) == (0.0, {"a": 3}, 3)


def test_known_points_count_and_are_not_reported_as_trials() -> None:
    known = trials_of(40, start=-40)
    assert belief_of(SPACE, known).best_by_mean.trial is None
    own = trials_of(3, seed=1)
    belief = belief_of(SPACE, [*known, *own])
    assert belief.trials == 43
    assert belief.best_by_mean.trial in (0, 1, 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda trials: [],
        lambda trials: trials[:3],
        lambda trials: [
            TrialRecord(t.number, t.point, t.point_key, "r", 0, TrialState.FAILED) for t in trials
        ],
    ],
    ids=["nothing", "three", "failures"],
)
def test_too_little_says_nothing(change: Callable[[list[TrialRecord]], list[TrialRecord]]) -> None:
    assert believe(SPACE, change(trials_of(10))) is None


def test_a_belief_depends_on_its_arguments_alone() -> None:
    trials = trials_of(20)
    assert believe(SPACE, trials, seed=3) == believe(SPACE, trials[::-1], seed=3)


@pytest.mark.parametrize(("count", "limit"), [(500, 0.5), (2000, 1.0)])
def test_many_trials_stay_within_their_limits(count: int, limit: float) -> None:
    trials = trials_of(count, noise=0.1)
    times = []
    for number in range(count, count + 3):
        start = time.process_time()
        propose(SPACE, "bayes", trials, number=number, seed=0)
        times.append(time.process_time() - start)
    # The shortest: a busy machine slows the others.
    assert min(times) < limit
