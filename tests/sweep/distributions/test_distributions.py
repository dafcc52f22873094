"""Every distribution against SciPy's, its quantiles both ways, and what W&B implies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from swatch.sweep.distributions import (
    DISTRIBUTIONS,
    Categorical,
    Constant,
    Discrete,
    Distribution,
    IntUniform,
    ParameterError,
    Uniform,
    canonical,
    parse_parameter,
)

E = math.e
CONTINUOUS: list[tuple[dict[str, Any], Any]] = [
    ({"distribution": "uniform", "min": -2.0, "max": 3.0}, stats.uniform(-2, 5)),
    ({"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1}, stats.loguniform(1e-5, 0.1)),
    ({"distribution": "inv_log_uniform_values", "min": 1e-5, "max": 0.1}, stats.loguniform(1e-5, 0.1)),
    ({"distribution": "log_uniform", "min": -3, "max": 1}, stats.loguniform(E**-3, E)),
    ({"distribution": "inv_log_uniform", "min": -1, "max": 3}, stats.loguniform(E**-3, E)),
    ({"distribution": "normal", "mu": 2, "sigma": 0.5}, stats.norm(2, 0.5)),
    ({"distribution": "log_normal", "mu": 1, "sigma": 0.7}, stats.lognorm(0.7, scale=E)),
    ({"distribution": "beta", "a": 2, "b": 5}, stats.beta(2, 5)),
]
# Quantised ones and the continuous one of SciPy's that they round.
QUANTIZED: list[tuple[dict[str, Any], Any]] = [
    ({"distribution": "q_uniform", "min": 0, "max": 1, "q": 0.1}, stats.uniform(0, 1)),
    ({"distribution": "q_log_uniform", "min": 0, "max": 4, "q": 5}, stats.loguniform(1, E**4)),
    ({"distribution": "q_log_uniform_values", "min": 1, "max": 100, "q": 10}, stats.loguniform(1, 100)),
    ({"distribution": "q_normal", "mu": 3, "sigma": 2}, stats.norm(3, 2)),
    ({"distribution": "q_log_normal", "mu": 1, "sigma": 0.5, "q": 0.5}, stats.lognorm(0.5, scale=E)),
    ({"distribution": "q_beta", "a": 2, "b": 2, "q": 0.2}, stats.beta(2, 2)),
]
COUNTED: list[tuple[dict[str, Any], list[Any], list[float]]] = [
    ({"min": 3, "max": 7}, [3, 4, 5, 6, 7], [0.2] * 5),
    ({"values": ["a", None, [1, 2], {"x": 1}]}, ["a", None, [1, 2], {"x": 1}], [0.25] * 4),
    ({"values": [1, 2, 3], "probabilities": [0.5, 0.2, 0.3]}, [1, 2, 3], [0.5, 0.2, 0.3]),
    ({"values": [1, 2, 3], "probabilities": [0.5, 0, 0.5]}, [1, 3], [0.5, 0.5]),
]


def name_of(case: tuple[Any, ...]) -> str:
    return str(case[0].get("distribution", sorted(case[0])))


def draws(distribution: Distribution, count: int = 4000) -> list[Any]:
    return [distribution.from_unit(unit) for unit in np.random.default_rng(0).random(count)]


@pytest.mark.parametrize("case", CONTINUOUS, ids=name_of)
def test_a_continuous_distribution_draws_like_scipys(case: tuple[dict[str, Any], Any]) -> None:
    raw, reference = case
    distribution = parse_parameter(raw)
    assert distribution.size is None
    assert stats.kstest(draws(distribution), reference.cdf).pvalue > 0.01
    for unit in (0.001, 0.2, 0.5, 0.77, 0.999):
        assert distribution.from_unit(unit) == pytest.approx(reference.ppf(unit), rel=1e-9)
        assert distribution.to_unit(distribution.from_unit(unit)) == pytest.approx(unit, rel=1e-9)


@pytest.mark.parametrize("case", QUANTIZED, ids=name_of)
def test_a_quantized_distribution_draws_like_the_rounded_one_of_scipy(
    case: tuple[dict[str, Any], Any],
) -> None:
    raw, reference = case
    distribution = parse_parameter(raw)
    assert isinstance(distribution, Discrete)
    q = raw.get("q", 1)
    values = [distribution.value_at(index) for index in range(distribution.size)]
    edges = [-math.inf, *[(value + q / 2) for value in values[:-1]], math.inf]
    expected = np.diff(reference.cdf(edges)) * 4000
    observed = np.array([0] * len(values))
    for value in draws(distribution):
        observed[distribution.index_of(value)] += 1
    # A chi-square test wants at least five expected in every cell: the tails are put together.
    often = expected >= 5
    observed = np.append(observed[often], observed[~often].sum())
    expected = np.append(expected[often], expected[~often].sum())
    filled = expected > 0
    assert stats.chisquare(observed[filled], expected[filled]).pvalue > 0.01


@pytest.mark.parametrize("case", COUNTED, ids=name_of)
def test_counted_values_come_as_often_as_they_should(
    case: tuple[dict[str, Any], list[Any], list[float]],
) -> None:
    raw, values, shares = case
    distribution = parse_parameter(raw)
    assert isinstance(distribution, Discrete)
    assert [distribution.value_at(index) for index in range(distribution.size)] == values
    observed = [0] * len(values)
    for value in draws(distribution):
        observed[distribution.index_of(value)] += 1
    assert stats.chisquare(observed, np.array(shares) * 4000).pvalue > 0.01


@pytest.mark.parametrize("case", [*QUANTIZED, *COUNTED], ids=name_of)
def test_every_counted_value_lies_at_its_own_quantile(case: tuple[Any, ...]) -> None:
    distribution = parse_parameter(case[0])
    assert isinstance(distribution, Discrete)
    for index in range(distribution.size):
        value = distribution.value_at(index)
        assert distribution.index_of(value) == index
        unit = distribution.to_unit(value)
        # At seven standard deviations neighbours share a quantile in double precision.
        if distribution.bounded or 1e-9 < unit < 1 - 1e-9:
            assert distribution.from_unit(unit) == value


@pytest.mark.parametrize("case", [*CONTINUOUS, *QUANTIZED, *COUNTED], ids=name_of)
def test_the_ends_are_values_and_strangers_are_not(case: tuple[Any, ...]) -> None:
    distribution = parse_parameter(case[0])
    for unit in (0.0, 1.0):
        value = distribution.from_unit(unit)
        assert distribution.contains(value)
        assert not isinstance(value, float) or math.isfinite(value)
    for stranger in ("no such value", True, -1e9, math.nan):
        assert not distribution.contains(stranger)
        with pytest.raises(ValueError, match=r"."):
            distribution.to_unit(stranger)


def test_bounds_come_back_as_written() -> None:
    distribution = parse_parameter({"distribution": "log_uniform_values", "min": 0.0003, "max": 0.1})
    assert (distribution.from_unit(0.0), distribution.from_unit(1.0)) == (0.0003, 0.1)


def test_steps_have_no_rounding_tails_and_stay_within_bounds() -> None:
    tenths = parse_parameter({"distribution": "q_uniform", "min": 0.1, "max": 0.7, "q": 0.1})
    assert isinstance(tenths, Discrete)
    assert [tenths.value_at(index) for index in range(tenths.size)] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    coarse = parse_parameter({"distribution": "q_uniform", "min": 0.1, "max": 1, "q": 0.3})
    assert {coarse.from_unit(unit) for unit in np.linspace(0, 1, 50)} == {0.3, 0.6, 0.9}


@pytest.mark.parametrize(("q", "kind"), [(None, int), (2, int), (2.0, float)])
def test_whole_steps_give_whole_numbers(q: float | None, kind: type) -> None:
    raw: dict[str, Any] = {"distribution": "q_uniform", "min": 1, "max": 9}
    assert type(parse_parameter(raw if q is None else raw | {"q": q}).from_unit(0.4)) is kind


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"min": 1, "max": 5}, IntUniform(1, 5)),
        ({"min": 1.0, "max": 5.0}, Uniform(1.0, 5.0)),
        ({"min": 1, "max": 5.0}, Uniform(1.0, 5.0)),
        ({"min": 0.5, "max": 5}, Uniform(0.5, 5.0)),
        ({"min": 2, "max": 2}, IntUniform(2, 2)),
        ({"min": 0.5, "max": 0.5}, Constant(0.5, "uniform")),
        ({"values": [1, 2]}, Categorical([1, 2])),
        ({"value": None}, Constant(None)),
        ({"value": 3}, Constant(3)),
    ],
    ids=str,
)
def test_a_distribution_is_implied_as_wandb_implies_it(raw: dict[str, Any], expected: Distribution) -> None:
    assert parse_parameter(raw) == expected


def test_every_distribution_of_wandb_is_covered_here() -> None:
    named = {case[0].get("distribution") for case in [*CONTINUOUS, *QUANTIZED]}
    assert named | {"constant", "categorical", "categorical_w_probabilities", "int_uniform"} == set(
        DISTRIBUTIONS
    )


@pytest.mark.parametrize(
    ("raw", "key", "words"),
    [
        ({}, None, "it has no values"),
        ({"distribution": "constant"}, None, "value is missing"),
        ({"distribution": "log_unifrm_values", "min": 1, "max": 2}, "distribution", "'log_uniform_values'"),
        ({"distribution": ["uniform"], "min": 1, "max": 2}, "distribution", "unknown distribution"),
        ({"mn": 1, "max": 2}, "mn", "Did you mean 'min'?"),
        ({"min": 1}, None, "max is missing"),
        ({"min": 2, "max": 1}, "min", "min 2 is above max 1"),
        ({"min": True, "max": 2}, "min", "finite number"),
        ({"min": math.nan, "max": 2}, "min", "finite number"),
        ({"min": 1, "max": math.inf}, "max", "finite number"),
        ({"min": "1", "max": 2}, "min", "finite number, not '1'"),
        ({"distribution": "int_uniform", "min": 1.5, "max": 2}, "min", "whole numbers"),
        ({"distribution": "log_uniform_values", "min": 0, "max": 1}, "min", "above 0"),
        ({"distribution": "log_uniform", "min": 0, "max": 1000}, "max", "log_uniform_values"),
        ({"distribution": "normal", "sigma": 0}, "sigma", "above 0"),
        ({"distribution": "normal", "min": 0}, "min", "normal takes mu, sigma, not min"),
        ({"distribution": "q_uniform", "min": 0, "max": 1, "q": -1}, "q", "above 0"),
        ({"distribution": "q_uniform", "min": 0.2, "max": 0.8, "q": 1}, "q", "no multiple"),
        ({"distribution": "beta", "a": 0}, "a", "above 0"),
        ({"values": []}, "values", "at least one value"),
        ({"values": "adam"}, "values", "must be a list"),
        ({"values": [1, 2], "min": 1}, "min", "categorical takes values, not min"),
        ({"values": [1, {2, 3}]}, "values", "cannot be a set"),
        ({"values": [1, 2], "probabilities": [0.5]}, "probabilities", "as long as values (2)"),
        ({"values": [1, 2], "probabilities": [0.5, 0.6]}, "probabilities", "add up to 1, not 1.1"),
        ({"values": [1, 2], "probabilities": [1.5, -0.5]}, "probabilities", "at least 0"),
    ],
    ids=str,
)
def test_a_wrong_entry_names_its_key_and_the_way_out(
    raw: dict[str, Any], key: str | None, words: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_parameter(raw)
    assert caught.value.key == key
    assert words in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def alike(left: Any, right: Any) -> bool:
    """Equal, with truth values apart from numbers, at any depth."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(alike, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


@given(json_values, json_values)
def test_two_values_have_one_canonical_text_exactly_if_they_are_alike(left: Any, right: Any) -> None:
    assert (canonical(left) == canonical(right)) == alike(left, right)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [(1, 1.0, True), (True, 1, False), ("1", 1, False), (None, "null", False), (-0.0, 0, True)],
)
def test_what_counts_as_the_same_value(left: Any, right: Any, same: bool) -> None:
    assert (canonical(left) == canonical(right)) == same
