"""Importance by functional ANOVA: known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic import make_trials

from swatch.report.sweep.axes import Axis, build_axes
from swatch.report.sweep.importance import importance


def axes_of(columns: dict[str, list[float]]) -> list[Axis]:
    template = make_trials(1)[0]
    number = len(next(iter(columns.values())))
    trials = [
        replace(template, number=row, point={key: column[row] for key, column in columns.items()})
        for row in range(number)
    ]
    return build_axes({key: {"distribution": "uniform"} for key in columns}, trials)


def uniform(number: int, *keys: str, seed: int = 0) -> dict[str, list[float]]:
    rng = np.random.default_rng(seed)
    return {key: rng.random(number).tolist() for key in keys}


def test_additive_effects_share_the_variance_as_the_formula_says() -> None:
    columns = uniform(400, "a", "b", "c")
    a, b = np.array(columns["a"]), np.array(columns["b"])
    found = importance(axes_of(columns), (2 * a + b).tolist(), "maximize")
    assert found is not None
    shares = {item.key: item.share for item in found.parameters}
    # Var(2a) : Var(b) = 4 : 1, and nothing comes from c.
    assert shares["a"] == pytest.approx(0.8, abs=0.05)
    assert shares["b"] == pytest.approx(0.2, abs=0.05)
    assert shares["c"] < 0.01
    assert found.together < 0.05 and found.r2 is not None and found.r2 > 0.9
    assert [item.key for item in found.parameters] == ["a", "b", "c"]


def test_an_effect_that_needs_two_parameters_is_put_down_to_both_together() -> None:
    columns = uniform(400, "a", "b")
    product = np.sign(np.array(columns["a"]) - 0.5) * np.sign(np.array(columns["b"]) - 0.5)
    found = importance(axes_of(columns), product.tolist(), "maximize")
    assert found is not None and found.together > 0.8


@pytest.mark.parametrize(("goal", "best"), [("maximize", 0.3), ("minimize", 1.0)])
def test_the_marginal_finds_the_best_place(goal: str, best: float) -> None:
    columns = uniform(200, "a", "b")
    values = -((np.array(columns["a"]) - 0.3) ** 2)
    found = importance(axes_of(columns), values.tolist(), goal)
    assert found is not None
    top = found.parameters[0]
    assert top.key == "a" and float(top.best) == pytest.approx(best, abs=0.08)


def test_pure_noise_predicts_nothing() -> None:
    rng = np.random.default_rng(1)
    found = importance(axes_of(uniform(60, "a", "b")), rng.random(60).tolist(), "maximize")
    assert found is not None and found.r2 is not None and found.r2 < 0.1


def test_nothing_to_explain() -> None:
    axes = axes_of(uniform(10, "a"))
    assert importance(axes_of(uniform(3, "a")), [1, 2, 3], "maximize") is None, "too few"
    assert importance(axes, [0.5] * 10, "maximize") is None, "equal values"
    assert importance(axes_of({"a": [1.0] * 10}), list(range(10)), "maximize") is None, "nothing varies"


def test_a_branchs_effect_counts_for_the_parameter_that_chose_it() -> None:
    template = make_trials(1)[0]
    rng = np.random.default_rng(0)
    points, values = [], []
    for _ in range(200):
        kind = str(rng.choice(["sgd", "adam", "momentum"]))
        beta = float(rng.random())
        points.append({"kind": kind, "beta": beta} if kind == "adam" else {"kind": kind})
        values.append(1.0 if kind == "adam" else 0.0)
    trials = [replace(template, number=number, point=point) for number, point in enumerate(points)]
    axes = build_axes(
        {"kind": {"values": ["sgd", "adam", "momentum"]}, "beta": {"distribution": "uniform"}}, trials
    )
    found = importance(axes, values, "maximize")
    assert found is not None
    by_key = {item.key: item for item in found.parameters}
    assert by_key["kind"].best == "adam" and by_key["kind"].share > 0.95
    assert by_key["beta"].share < 0.02, "only adam uses beta, but what adam does is not beta's doing"


def test_the_same_trials_give_the_same_shares() -> None:
    axes, values = axes_of(uniform(50, "a", "b")), np.random.default_rng(0).random(50).tolist()
    assert importance(axes, values, "maximize") == importance(axes, values, "maximize")


def test_two_parameters_that_act_together_head_the_pairs_and_their_surface_is_right() -> None:
    columns = uniform(400, "a", "b", "c")
    a, b, c = (np.array(columns[key]) for key in "abc")
    values = np.where((a > 0.5) == (b > 0.5), 1.0, 0.0) + 0.1 * c
    found = importance(axes_of(columns), values.tolist(), "maximize")
    assert found is not None
    first = found.interactions[0]
    assert set(first.keys) == {"a", "b"} and first.share > 0.8
    grid = np.array(first.grid)
    assert grid.shape == (len(first.y), len(first.x))
    expected = (np.array(first.x)[None, :] > 0.5) == (np.array(first.y)[:, None] > 0.5)
    away = (np.abs(np.array(first.x) - 0.5) > 0.1)[None, :] & (np.abs(np.array(first.y) - 0.5) > 0.1)[:, None]
    assert np.abs(grid - expected - 0.05)[away].max() < 0.3


def test_a_share_and_a_difference_know_how_sure_they_are() -> None:
    few, many = (
        importance(axes_of(columns), (np.array(columns["a"]) + noise).tolist(), "maximize")
        for number in (30, 300)
        for columns in [uniform(number, "a", "b")]
        for noise in [np.random.default_rng(0).normal(0, 0.3, number)]
    )
    assert few is not None and many is not None
    narrow, wide = ({item.key: item for item in each.parameters}["a"] for each in (many, few))
    assert 0 < narrow.deviation < wide.deviation
    difference, deviation = narrow.difference(len(narrow.positions) - 1, 0)
    assert 0 < deviation < 0.3 and abs(difference - 1.0) < 4 * deviation
