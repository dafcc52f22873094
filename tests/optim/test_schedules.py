"""Every schedule: pure, within bounds; each against its own definition."""

from __future__ import annotations

import copy
import inspect
import itertools
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.errors import UserError
from swatch.optim.schedules import (
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    InverseTime,
    OneCycle,
    Plateau,
    Step,
)

BASE = {"learning_rate": 0.02, "beta1": 0.9}


def rates(schedule: Any, steps: int) -> list[float]:
    return [schedule(step)["learning_rate"] for step in range(steps)]


@pytest.mark.check("pure, bounded")
@settings(deadline=None, max_examples=40)
@given(
    total_steps=st.integers(1, 5000),
    share=st.floats(0, 1),
    rate=st.floats(0, 10),
    momentum=st.sampled_from([{}, {"momentum": 0.8}, {"beta1": 0.95}]),
)
def test_it_is_pure_and_within_bounds(
    schedule_entry: Any, total_steps: int, share: float, rate: float, momentum: dict[str, float]
) -> None:
    base = {"learning_rate": rate, **momentum}
    schedule = schedule_entry.build(base=base, total_steps=total_steps)
    step = int(share * (total_steps - 1))
    values = schedule(step)
    assert set(values) == set(base)
    assert 0 <= values["learning_rate"] <= rate * (1 + 1e-12)
    assert all(0 <= values[name] < 1 for name in momentum)
    # Neither what was asked before nor what the caller does with the answer counts.
    schedule(total_steps - 1)
    for name in list(values):
        values[name] = -1
    again = schedule_entry.build(base=base, total_steps=total_steps)(step)
    assert schedule(step) == again
    assert base["learning_rate"] == rate


def test_steps_after_the_last_have_its_values(schedule_entry: Any) -> None:
    schedule = schedule_entry.build(base=BASE, total_steps=10)
    assert schedule(10) == schedule(1_000) == schedule(9)


@pytest.mark.check("one step")
def test_a_run_of_one_step_is_no_error(schedule_entry: Any) -> None:
    assert math.isfinite(schedule_entry.build(base=BASE, total_steps=1)(0)["learning_rate"])
    with pytest.raises(UserError, match="total_steps must be at least 1, found 0"):
        schedule_entry.build(base=BASE, total_steps=0)


def test_more_restarts_than_steps_are_no_overflow() -> None:
    found = rates(CosineRestarts(BASE, 100, cycles=2000), 100)
    assert found[0] == BASE["learning_rate"]
    assert found[-1] == 0


@pytest.mark.check("smooth or not")
def test_neighbouring_steps_are_close(schedule_entry: Any) -> None:
    found = rates(schedule_entry.build(base=BASE, total_steps=1000), 1000)
    if not schedule_entry.target.is_smooth:
        assert max(abs(a - b) for a, b in itertools.pairwise(found)) > 0.01 * BASE["learning_rate"]
        return
    assert max(abs(a - b) for a, b in itertools.pairwise(found)) < 0.01 * BASE["learning_rate"]


@pytest.mark.check("config")
def test_yaml_keys_are_the_arguments_with_their_defaults(schedule_entry: Any) -> None:
    parameters = inspect.signature(schedule_entry.target).parameters
    assert set(schedule_entry.arguments) == set(parameters) - {"base", "total_steps"}
    for key, value in schedule_entry.arguments.items():
        default = parameters[key].default
        assert value == (list(default) if isinstance(default, tuple) else default), key


# Every schedule's learning rate at step t of T = 101, with the values of its YAML, by its definition.
DEFINITIONS: dict[str, Callable[[int], float]] = {
    "constant": lambda t: 0.02,
    "plateau": lambda t: 0.02,
    "inverse_time": lambda t: 0.02 / (1 + 0.001 * t),
    "exponential": lambda t: 0.02 * 0.01 ** (t / 100),
    "step": lambda t: 0.02 if t < 50 else 0.002 if t < 75 else 0.0002,
    "cosine": lambda t: 0.01 * (1 + math.cos(math.pi * t / 100)),
    # 101 steps in cycles of lengths 1 : 2 : 4 begin at steps 0, 14 and 43.
    "cosine_restarts": lambda t: (
        0.01 * (1 + math.cos(math.pi * (t / 13 if t < 14 else (t - 14) / 28 if t < 43 else (t - 43) / 57)))
    ),
    "one_cycle": lambda t: (
        0.0008 + 0.0192 * (1 - math.cos(math.pi * t / 30)) / 2
        if t < 30
        else 2e-7 + (0.02 - 2e-7) * (1 + math.cos(math.pi * (t - 30) / 70)) / 2
    ),
}


@pytest.mark.check("reference")
def test_it_is_its_definition(schedule_entry: Any) -> None:
    definition = DEFINITIONS.get(schedule_entry.name)
    if definition is None:
        pytest.skip(f"there is no definition of {schedule_entry.name} to compare with")
    found = rates(schedule_entry.build(base=BASE, total_steps=101), 101)
    assert found == pytest.approx([definition(step) for step in range(101)], rel=1e-9, abs=1e-15)


@pytest.mark.check("resumes")
@settings(deadline=None, max_examples=30)
@given(
    metrics=st.lists(st.floats(0, 1), min_size=2, max_size=40),
    cut=st.integers(1, 39),
    goal=st.sampled_from(["maximize", "minimize"]),
)
def test_a_resumed_one_goes_on_as_it_would_have(
    schedule_entry: Any, metrics: list[float], cut: int, goal: str
) -> None:
    """Three steps an epoch; what a checkpoint keeps of the schedule goes through JSON."""

    def epochs(schedule: Any, numbers: range) -> list[dict[str, float]]:
        found = []
        for number in numbers:
            found += [schedule(3 * number + step) for step in range(3)]
            schedule.observe(metrics[number], goal)
        return found

    def fresh() -> Any:
        return schedule_entry.build(base=BASE, total_steps=3 * len(metrics))

    cut = min(cut, len(metrics) - 1)
    first, whole = fresh(), epochs(fresh(), range(len(metrics)))
    found = epochs(first, range(cut))
    resumed = fresh()
    resumed.load_state(json.loads(json.dumps(first.state())))
    assert found + epochs(resumed, range(cut, len(metrics))) == whole


@pytest.mark.parametrize("goal", ["maximize", "minimize"])
def test_a_plateau_reduces_after_patience_and_goes_on_from_its_state(goal: str) -> None:
    sign = 1 if goal == "maximize" else -1
    #        best  -     best  -     -*    -     -*    best  -     -*
    values = [0.5, 0.50, 0.60, 0.60, 0.59, 0.60, 0.55, 0.70, 0.70, 0.7]
    expected = [0, 0, 0, 0, 1, 1, 2, 2, 2, 3]
    schedule = Plateau(BASE, 100, factor=0.5, patience=2, final_fraction=0.2)
    for number, (value, reductions) in enumerate(zip(values, expected, strict=True)):
        schedule.observe(sign * value, goal)
        assert schedule(number)["learning_rate"] == pytest.approx(0.02 * max(0.5**reductions, 0.2))
        twin = Plateau(BASE, 100, factor=0.5, patience=2, final_fraction=0.2)
        twin.load_state(json.loads(json.dumps(schedule.state())))
        twin.observe(sign * 0.1, goal)
        other = copy.deepcopy(schedule)
        other.observe(sign * 0.1, goal)
        assert twin(number) == other(number)


def test_a_plateau_takes_small_gains_for_none() -> None:
    schedule = Plateau(BASE, 100, patience=1, min_delta=0.1, factor=0.5)
    for value, rate in ((0.5, 0.02), (0.55, 0.01), (0.61, 0.01), (0.62, 0.005)):
        schedule.observe(value, "maximize")
        assert schedule(0)["learning_rate"] == pytest.approx(rate)


@pytest.mark.check("warm-up")
def test_any_may_warm_up_first(schedule_entry: Any) -> None:
    if "warmup" not in schedule_entry.arguments:
        assert schedule_entry.name == "one_cycle", "which warms up by itself"
        return
    plain = schedule_entry.build(base=BASE, total_steps=80)
    warm = schedule_entry.build(base=BASE, total_steps=100, warmup=0.2)
    first = plain(0)["learning_rate"]
    assert rates(warm, 20) == pytest.approx([first * (step + 1) / 21 for step in range(20)])
    assert [warm(step) for step in range(20, 130)] == [plain(step) for step in range(110)]
    for wrong in (-0.1, 1.0, float("nan")):
        with pytest.raises(UserError, match=r"^warmup must be in \[0, 1\), found"):
            schedule_entry.build(base=BASE, total_steps=100, warmup=wrong)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: InverseTime(BASE, 10, decay=-1), "^decay must be a finite number of at least 0"),
        (lambda: Exponential(BASE, 10, final_fraction=0), r"^final_fraction must be in \(0, 1\], found 0"),
        (lambda: Step(BASE, 10, milestones=[0.5, 0.2]), r"^milestones must rise, found \[0.5, 0.2\]"),
        (lambda: Step(BASE, 10, milestones=[1.5]), r"^milestones must be in \[0, 1\], found 1.5"),
        (lambda: Step(BASE, 10, factor=2), r"^factor must be in \[0, 1\], found 2"),
        (lambda: Plateau(BASE, 10, factor=1.5), r"^factor must be in \[0, 1\], found 1.5"),
        (lambda: Plateau(BASE, 10, patience=0), "^patience must be at least 1, found 0"),
        (lambda: Plateau(BASE, 10, min_delta=-1), "^min_delta must be a finite number of at least 0"),
        (lambda: CosineRestarts(BASE, 10, cycles=0), "^cycles must be at least 1, found 0"),
        (lambda: CosineRestarts(BASE, 10, growth=0.5), "^growth must be at least 1, found 0.5"),
    ],
)
def test_what_makes_no_schedule_is_refused(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        build()


def test_constant_changes_nothing() -> None:
    assert Constant(BASE, 10)(7) == BASE


def test_cosine_is_half_a_wave() -> None:
    schedule = Cosine(BASE, 101, final_fraction=0.1)
    assert schedule(0) == BASE
    assert schedule(50)["learning_rate"] == pytest.approx(0.02 * 0.55)
    assert schedule(25)["learning_rate"] == pytest.approx(0.002 + 0.018 * (1 + math.sqrt(0.5)) / 2)
    assert schedule(100)["learning_rate"] == pytest.approx(0.002)
    assert {schedule(step)["beta1"] for step in range(101)} == {0.9}


def test_one_cycle_goes_up_and_down_while_momentum_does_the_opposite() -> None:
    schedule = OneCycle(BASE, 101, warmup_fraction=0.3, initial_fraction=0.04, final_fraction=1e-4)
    found = rates(schedule, 101)
    assert (found[0], found[30], found[100]) == pytest.approx((0.02 * 0.04, 0.02, 0.02 * 1e-4))
    assert found[:31] == sorted(found[:31])
    assert found[30:] == sorted(found[30:], reverse=True)
    momenta = [schedule(step)["beta1"] for step in range(101)]
    assert (momenta[0], momenta[30], momenta[100]) == pytest.approx((0.95, 0.85, 0.95))
    assert momenta[:31] == sorted(momenta[:31], reverse=True)
    assert momenta[30:] == sorted(momenta[30:])


def test_one_cycle_with_other_optimizers() -> None:
    momentum = OneCycle({"learning_rate": 1.0, "momentum": 0.9}, 11, warmup_fraction=0.5)(5)
    assert momentum == pytest.approx({"learning_rate": 1.0, "momentum": 0.85})
    assert OneCycle({"learning_rate": 1.0}, 11, warmup_fraction=0.5)(5) == {"learning_rate": 1.0}
    assert OneCycle(BASE, 11, cycle_momentum=False)(5)["beta1"] == 0.9


@pytest.mark.parametrize("warmup", [0.0, 1.0])
def test_one_cycle_may_be_one_phase_alone(warmup: float) -> None:
    found = rates(OneCycle(BASE, 11, warmup_fraction=warmup), 11)
    assert found == sorted(found, reverse=warmup == 0)
    assert max(found) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"warmup_fraction": 1.5}, r"^warmup_fraction must be in \[0, 1\], found 1.5"),
        ({"initial_fraction": -1.0}, "^initial_fraction must be"),
        ({"final_fraction": float("nan")}, "^final_fraction must be"),
        ({"momentum_low": 1.0}, r"^momentum_low must be in \[0, 1\)"),
        ({"momentum_low": 0.9, "momentum_high": 0.8}, r"^momentum_low must be at most momentum_high \(0.8\)"),
    ],
)
def test_one_cycle_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        OneCycle(BASE, 10, **arguments)


def test_cosine_refuses() -> None:
    with pytest.raises(UserError, match=r"^final_fraction must be in \[0, 1\], found 2"):
        Cosine(BASE, 10, final_fraction=2)
