"""Every schedule: pure, within bounds; each against its own definition."""

from __future__ import annotations

import inspect
import itertools
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.errors import UserError
from swatch.optim.schedules import Constant, Cosine, OneCycle

BASE = {"learning_rate": 0.02, "beta1": 0.9}


def rates(schedule: Any, steps: int) -> list[float]:
    return [schedule(step)["learning_rate"] for step in range(steps)]


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


def test_a_run_of_one_step_is_no_error(schedule_entry: Any) -> None:
    assert math.isfinite(schedule_entry.build(base=BASE, total_steps=1)(0)["learning_rate"])
    with pytest.raises(UserError, match="total_steps must be at least 1, found 0"):
        schedule_entry.build(base=BASE, total_steps=0)


def test_neighbouring_steps_are_close(schedule_entry: Any) -> None:
    found = rates(schedule_entry.build(base=BASE, total_steps=1000), 1000)
    assert max(abs(a - b) for a, b in itertools.pairwise(found)) < 0.01 * BASE["learning_rate"]


def test_yaml_keys_are_the_arguments_with_their_defaults(schedule_entry: Any) -> None:
    parameters = inspect.signature(schedule_entry.target).parameters
    assert set(schedule_entry.arguments) == set(parameters) - {"base", "total_steps"}
    assert all(parameters[key].default == value for key, value in schedule_entry.arguments.items())


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
