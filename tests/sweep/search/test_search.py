"""Grid and random search: each point once, the same set for any number of agents."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatch.errors import UserError
from swatch.sweep.distributions import parse_parameter
from swatch.sweep.records import Point, TrialRecord, TrialState
from swatch.sweep.search import EXHAUSTED, propose
from swatch.sweep.space.search_space import SearchSpace

METHODS = ("grid", "random", "qmc", "bayes", "tpe")
BLIND = ("grid", "random", "qmc")
"""Those whose point number n does not depend on results."""

SMALL = SearchSpace(
    {
        "optimizer": parse_parameter({"values": ["adam", "sgd"]}),
        "momentum": parse_parameter({"values": [0.5, 0.9, 0.99]}),
        "width": parse_parameter({"min": 1, "max": 3}),
    },
    {"momentum": {"optimizer": frozenset({"sgd"})}},
)
"""3 + 9 points."""
CONTINUOUS = SearchSpace(
    {
        "rate": parse_parameter({"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0}),
        "width": parse_parameter({"min": 1, "max": 9}),
    }
)


def trial_of(
    space: SearchSpace,
    number: int,
    point: Point,
    state: TrialState = TrialState.FINISHED,
    value: float | None = None,
) -> TrialRecord:
    return TrialRecord(number, point, space.point_key(point), f"run-{number}", number, state, objective=value)


def loss_of(point: Point) -> float:
    return float(sum(len(str(value)) * (index + 1) for index, value in enumerate(point.values())))


def run_sweep(
    space: SearchSpace,
    method: str,
    count: int,
    *,
    seed: int = 0,
    agents: int = 1,
    loss: Callable[[Point], float] = loss_of,
) -> list[TrialRecord]:
    """Run a sweep whose agents finish in the order in which they started."""
    trials: list[TrialRecord] = []
    running: list[int] = []
    for number in range(count):
        point = propose(space, method, trials, number=number, seed=seed, goal="minimize", count=count)
        if not isinstance(point, dict):
            assert point is EXHAUSTED
            break
        trials.append(trial_of(space, number, point, TrialState.RUNNING))
        running.append(number)
        if len(running) == agents:
            done = running.pop(0)
            trials[done] = replace(
                trials[done], state=TrialState.FINISHED, objective=loss(trials[done].point)
            )
    return trials


def keys(trials: Sequence[TrialRecord]) -> list[str]:
    return [trial.point_key for trial in trials]


@pytest.mark.parametrize("agents", [1, 3])
@pytest.mark.parametrize("method", METHODS)
def test_a_finite_space_is_used_up_exactly_once(method: str, agents: int) -> None:
    trials = run_sweep(SMALL, method, 50, agents=agents)
    assert len(trials) == len(set(keys(trials))) == SMALL.size == 12


@pytest.mark.parametrize("method", METHODS)
def test_a_sweep_repeats_and_goes_on_where_it_was(method: str) -> None:
    trials = run_sweep(CONTINUOUS if method != "grid" else SMALL, method, 12)
    space = CONTINUOUS if method != "grid" else SMALL
    for number in (0, 4, 11):
        # The order in which a ledger hands out the trials must not matter.
        history = list(reversed(trials[:number]))
        again = propose(space, method, history, number=number, seed=0, goal="minimize", count=12)
        assert again == trials[number].point


@pytest.mark.parametrize("method", METHODS[1:])
def test_the_seed_decides(method: str) -> None:
    first, second = (propose(CONTINUOUS, method, [], number=0, seed=seed) for seed in (1, 2))
    assert first != second


@pytest.mark.parametrize("method", BLIND)
@given(order=st.permutations(range(12)))
def test_number_n_gets_its_point_whatever_the_others_do(method: str, order: list[int]) -> None:
    alone = run_sweep(SMALL, method, 12)
    trials: list[TrialRecord] = []
    for number in order:
        point = propose(SMALL, method, trials, number=number, seed=0)
        assert isinstance(point, dict)
        trials.append(trial_of(SMALL, number, point, TrialState.RUNNING))
    assert [trial.point for trial in sorted(trials, key=lambda trial: trial.number)] == [
        t.point for t in alone
    ]


@pytest.mark.parametrize("method", METHODS)
@given(data=st.data())
def test_a_point_tried_elsewhere_is_not_proposed_again(method: str, data: st.DataObject) -> None:
    """Known good points come first and take numbers; all others follow, each once."""
    assert SMALL.enumeration is not None
    known = data.draw(st.lists(st.integers(0, 11), unique=True, max_size=4))
    trials = [trial_of(SMALL, n, SMALL.enumeration.point_at(i), value=1.0) for n, i in enumerate(known)]
    while isinstance(point := propose(SMALL, method, trials, number=len(trials), seed=0), dict):
        trials.append(trial_of(SMALL, len(trials), point, value=loss_of(point)))
    assert len(trials) == len(set(keys(trials))) == 12


def test_random_draws_follow_the_distribution() -> None:
    weighted = SearchSpace(
        {
            "a": parse_parameter({"values": ["often", "seldom"], "probabilities": [0.9, 0.1]}),
            "b": parse_parameter({"min": 0.0, "max": 1.0}),
        }
    )
    drawn = [propose(weighted, "random", [], number=number, seed=0) for number in range(400)]
    share = sum(point["a"] == "often" for point in drawn if isinstance(point, dict)) / 400
    assert 0.84 < share < 0.95


def test_a_point_that_is_hardly_ever_drawn_still_comes() -> None:
    rare = SearchSpace(
        {"a": parse_parameter({"values": ["always", "hardly"], "probabilities": [1 - 1e-9, 1e-9]})}
    )
    trials = run_sweep(rare, "random", 9)
    assert [trial.point["a"] for trial in trials] == ["always", "hardly"]


def test_steps_without_bounds_run_out_of_likely_values() -> None:
    coarse = SearchSpace({"a": parse_parameter({"distribution": "q_normal", "q": 3})})
    assert 3 <= len(run_sweep(coarse, "random", 50)) < 50


@pytest.mark.parametrize("method", METHODS)
def test_a_space_of_constants_has_one_trial(method: str) -> None:
    assert len(run_sweep(SearchSpace({"a": parse_parameter({"value": 1})}), method, 3)) == 1


def test_a_changed_proposal_changes_no_other() -> None:
    """Callers may edit what they get: the sequence behind random search must not notice."""
    first = propose(CONTINUOUS, "random", [], number=0, seed=5)
    assert isinstance(first, dict)
    first.clear()
    assert propose(CONTINUOUS, "random", [], number=0, seed=5) != {}


def test_ten_thousand_trials_stay_cheap() -> None:
    counts: dict[str, Any] = {"a": {"min": 0, "max": 999}, "b": {"min": 0, "max": 99}}
    space = SearchSpace({key: parse_parameter(raw) for key, raw in counts.items()})
    assert space.enumeration is not None
    trials = [trial_of(space, n, space.enumeration.point_at(n), value=1.0) for n in range(10_000)]
    start = time.process_time()
    assert propose(space, "grid", trials, number=10_000, seed=0) == {"a": 100, "b": 0}
    assert time.process_time() - start < 0.1


def test_a_grid_over_a_continuum_is_refused() -> None:
    with pytest.raises(UserError, match="a grid needs"):
        propose(CONTINUOUS, "grid", [], number=0, seed=0)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(UserError, match="Did you mean 'bayes'"):
        propose(CONTINUOUS, "bays", [], number=0, seed=0)
