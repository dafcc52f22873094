"""Rank correlations with their sign, and groups' means."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic import make_trials

from swatch.report.sweep.axes import Axis, build_axes
from swatch.report.sweep.correlations import correlations


def axes_of(**columns: list[object]) -> list[Axis]:
    template = make_trials(1)[0]
    number = len(next(iter(columns.values())))
    points = [
        {key: column[row] for key, column in columns.items() if column[row] is not None}
        for row in range(number)
    ]
    return build_axes({}, [replace(template, number=row, point=point) for row, point in enumerate(points)])


def test_they_equal_scipys_and_have_its_sign() -> None:
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    x = rng.random(50)
    y = -(x**3) + rng.normal(0, 0.2, 50)
    (found,) = correlations(axes_of(x=x.tolist()), y.tolist())
    assert found.coefficient == pytest.approx(spearmanr(x, y).statistic, abs=1e-6)
    assert found.low is not None and found.high is not None
    assert found.low < found.coefficient < found.high < 0 and found.is_clear


def test_the_interval_holds_the_truth_about_nineteen_times_of_twenty() -> None:
    rng = np.random.default_rng(1)
    misses = 0
    for _ in range(300):
        (found,) = correlations(axes_of(x=rng.random(30).tolist()), rng.random(30).tolist())
        misses += found.is_clear
    assert 3 <= misses <= 30


def test_choices_without_an_order_have_means() -> None:
    kinds = ["relu", "tanh", "relu", "tanh", "relu"]
    (found,) = correlations(axes_of(kind=list(kinds)), [1.0, 3.0, 2.0, 5.0, 3.0])
    assert found.coefficient is None
    relu, tanh = found.groups
    assert (relu.label, relu.count, relu.mean) == ("relu", 3, 2.0)
    assert relu.error == pytest.approx(1 / 3**0.5)
    assert (tanh.label, tanh.mean, tanh.error) == ("tanh", 4.0, pytest.approx(1.0))


def test_trials_without_a_value_or_without_the_parameter_do_not_count() -> None:
    axes = axes_of(x=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, None])
    (found,) = correlations(axes, [1.0, 2.0, 3.0, 4.0, 6.0, None, -100.0])
    assert found.coefficient == pytest.approx(1.0)
    assert correlations(axes, [None] * 7) == []


def test_the_strongest_comes_first() -> None:
    rng = np.random.default_rng(2)
    strong, weak = rng.random(60), rng.random(60)
    found = correlations(axes_of(weak=weak.tolist(), strong=strong.tolist()), (strong + 0.2 * weak).tolist())
    assert [each.key for each in found] == ["strong", "weak"]
