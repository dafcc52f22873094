"""Parameters as axes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from synthetic import PARAMETERS, make_trials

from swatch.report.sweep.axes import INACTIVE, INACTIVE_POSITION, Axis, build_axes, flat_parameters


def axis_of(spec: dict[str, Any], values: list[Any]) -> Axis:
    template = make_trials(1)[0]
    trials = [
        replace(template, number=number, point={} if value is ... else {"x": value})
        for number, value in enumerate(values)
    ]
    (axis,) = build_axes({"x": spec}, trials)
    return axis


def test_log_distributions_get_log_axes_with_round_ticks() -> None:
    axis = axis_of({"distribution": "log_uniform_values", "min": 1e-4, "max": 0.1}, [1e-4, 1e-3, 0.1])
    assert axis.is_log and axis.positions == pytest.approx((0, 1 / 3, 1))
    assert [label for _, label in axis.ticks] == ["0.0001", "0.001", "0.01", "0.1"]
    assert axis.label_at(1 / 3) == "0.001"


def test_a_log_axis_over_less_than_a_decade_has_ticks_too() -> None:
    axis = axis_of({"distribution": "log_uniform_values"}, [0.021, 0.024, 0.029])
    assert len(axis.ticks) >= 2 and all(-0.01 <= position <= 1.01 for position, _ in axis.ticks)


def test_listed_values_are_evenly_spaced_choices_numbers_in_order() -> None:
    axis = axis_of({"values": [128, 32, 64]}, [64, 32])
    assert axis.is_discrete and axis.ticks == ((0.0, "32"), (0.5, "64"), (1.0, "128"))
    assert axis.positions == (0.5, 0.0)


def test_choices_of_any_type_keep_the_users_order() -> None:
    axis = axis_of({"values": ["tanh", None, True, 1, [2, 3], {"a": 1}]}, [[2, 3], None, 1.0, True])
    assert [label for _, label in axis.ticks] == ["tanh", "none", "true", "1", "2-3", "a=1"]
    assert axis.positions == (0.8, 0.2, 0.6, 0.4)


def test_a_few_integers_get_a_tick_each_and_none_in_between() -> None:
    axis = axis_of({"distribution": "int_uniform", "min": 1, "max": 5}, [1, 4])
    assert [label for _, label in axis.ticks] == ["1", "2", "3", "4"]


def test_a_conditional_parameter_lies_apart_where_it_is_not_used() -> None:
    axis = axis_of({"distribution": "uniform", "min": 0, "max": 1}, [0.2, ..., 0.8])
    assert axis.positions == (0.0, INACTIVE_POSITION, 1.0) and axis.has_inactive
    assert axis.label_at(INACTIVE_POSITION) == INACTIVE


def test_equal_values_do_not_vary() -> None:
    axis = axis_of({"distribution": "uniform"}, [0.3, 0.3])
    assert not axis.varies and axis.positions == (0.5, 0.5)


def test_nested_parameters_are_flattened_as_wandb_writes_them() -> None:
    nested = {"optimizer": {"parameters": {"learning_rate": {"min": 0, "max": 1}}}, "seed": {"value": 1}}
    assert [key for key, _ in flat_parameters(nested)] == ["optimizer.learning_rate", "seed"]


def test_axes_come_in_the_yamls_order_and_unknown_ones_last() -> None:
    trials = [replace(t, point={"extra": 1.5, **t.point}) for t in make_trials(30)]
    keys = [axis.key for axis in build_axes(PARAMETERS, trials)]
    assert keys == [*PARAMETERS, "extra"]


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.5), (-3, 7), (10, 1000), (0.001, 0.0011), (-1e-9, 1e-9)])
def test_linear_ticks_are_few_and_inside(low: float, high: float) -> None:
    axis = axis_of({"distribution": "uniform"}, [float(low), float(high)])
    assert 2 <= len(axis.ticks) <= 11
    assert all(-1e-6 <= position <= 1 + 1e-6 for position, _ in axis.ticks)
    assert len({label for _, label in axis.ticks}) == len(axis.ticks)
