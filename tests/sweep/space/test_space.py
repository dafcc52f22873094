"""The search space: keys, conditions, grids, and overrides that Hydra reads back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.errors import UserError
from swatch.sweep.distributions import parse_parameter
from swatch.sweep.space.quoting import override, quote
from swatch.sweep.space.search_space import Conditions, SearchSpace


def space_of(conditions: Conditions | None = None, **parameters: dict[str, Any]) -> SearchSpace:
    return SearchSpace(
        {key.replace("__", "."): parse_parameter(raw) for key, raw in parameters.items()}, conditions or {}
    )


CONDITIONAL = space_of(
    {
        "optimizer.momentum": {"optimizer": frozenset({"sgd"})},
        "optimizer.schedule": {"optimizer": frozenset({"sgd", "adam"})},
        "optimizer.schedule.warmup": {"optimizer.schedule": frozenset({"cosine"})},
        "optimizer.beta": {"optimizer": frozenset({"adam"})},
    },
    # Listed before what decides about it, as a user may.
    optimizer__momentum={"values": [0.5, 0.9]},
    optimizer={"values": ["adam", "sgd", "none"]},
    optimizer__schedule={"values": ["flat", "cosine"]},
    optimizer__schedule__warmup={"min": 1, "max": 3},
    optimizer__beta={"value": 0.99},
    width={"values": [64, 128]},
)
MIXED = space_of(
    rate={"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1},
    width={"min": 16, "max": 512},
    dropout={"distribution": "q_uniform", "min": 0, "max": 0.5, "q": 0.1},
    sizes={"values": [[128], [256, 128], None]},
    scale={"distribution": "normal"},
    seed={"value": 1},
)


# -- keys -----------------------------------------------------------------------------------------------


def test_equal_points_have_equal_keys_whatever_their_spelling() -> None:
    space = space_of(a={"values": [1, 2]}, b={"min": 0.0, "max": 1.0})
    assert space.point_key({"a": 1, "b": 0.5}) == space.point_key({"b": 0.5, "a": 1.0})
    others = [{"a": 1, "b": 0.25}, {"a": True, "b": 0.5}, {"a": "1", "b": 0.5}, {"a": 1}]
    assert len({space.point_key(point) for point in [{"a": 1, "b": 0.5}, *others]}) == 5


def test_a_point_key_is_stable() -> None:
    """It names trials in ledgers on disk: another value would make every old trial a stranger."""
    space = space_of(optimizer={"values": ["adam", "sgd"]}, rate={"min": 0.0, "max": 1.0}, seed={"value": 3})
    assert space.point_key({"optimizer": "adam", "rate": 1e-05}) == "92e536816e146d018a44fad2"


def test_constants_count_in_the_key_and_stay_out_of_the_point() -> None:
    one, two = space_of(a={"values": [1, 2]}, b={"value": 1}), space_of(a={"values": [1, 2]}, b={"value": 2})
    assert one.sample(np.random.default_rng(0)).keys() == {"a"}
    assert one.point_key({"a": 1}) != two.point_key({"a": 1})
    assert one.overrides({"a": 1}) == ["a=1", "b=1"]


@given(st.integers(0, 2**32))
def test_a_point_survives_json_and_the_unit_cube(seed: int) -> None:
    for space in (MIXED, CONDITIONAL):
        point = space.sample(np.random.default_rng(seed))
        back = json.loads(json.dumps(point))
        assert space.contains(back)
        assert space.point_key(back) == space.point_key(point)
        units = space.to_units(point)
        assert all(0 <= unit <= 1 for unit in units)
        again = space.from_units(units)
        assert again.keys() == point.keys()
        for key, value in point.items():
            assert again[key] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)


# -- conditions -----------------------------------------------------------------------------------------


@given(st.integers(0, 2**32))
def test_a_key_is_in_a_point_exactly_where_it_is_active(seed: int) -> None:
    point = CONDITIONAL.sample(np.random.default_rng(seed))
    assert ("optimizer.momentum" in point) == (point["optimizer"] == "sgd")
    assert ("optimizer.schedule" in point) == (point["optimizer"] != "none")
    assert ("optimizer.schedule.warmup" in point) == (point.get("optimizer.schedule") == "cosine")
    betas = [text for text in CONDITIONAL.overrides(point) if text.startswith("optimizer.beta=")]
    assert betas == (["optimizer.beta=0.99"] if point["optimizer"] == "adam" else [])
    assert CONDITIONAL.contains(point)
    assert not CONDITIONAL.contains(point | {"stranger": 1})
    assert not CONDITIONAL.contains({key: value for key, value in point.items() if key != "width"})


def test_a_circle_of_conditions_is_refused() -> None:
    space = space_of(
        {"a": {"b": frozenset({"x"})}, "b": {"a": frozenset({"x"})}},
        a={"values": ["x", "y"]},
        b={"values": ["x", "y"]},
    )
    with pytest.raises(UserError, match="circle"):
        _ = space.order


# -- grids ----------------------------------------------------------------------------------------------


def test_a_grid_is_nested_loops_in_the_users_order() -> None:
    space = space_of(a={"values": ["x", "y"]}, b={"min": 1, "max": 3})
    assert space.enumeration is not None
    points = [space.enumeration.point_at(number) for number in range(6)]
    assert points == [{"a": a, "b": b} for a in "xy" for b in (1, 2, 3)]
    assert space.size == 6
    for outside in (-1, 6):
        with pytest.raises(IndexError):
            space.enumeration.point_at(outside)


def test_a_conditional_grid_has_every_point_once() -> None:
    """adam: flat, or cosine with 3 warmups; sgd: that for 2 momenta; none: 1; all for 2 widths."""
    assert CONDITIONAL.size == 2 * (4 + 8 + 1)
    assert CONDITIONAL.enumeration is not None
    points = [CONDITIONAL.enumeration.point_at(number) for number in range(CONDITIONAL.size)]
    assert len({CONDITIONAL.point_key(point) for point in points}) == CONDITIONAL.size
    assert all(CONDITIONAL.contains(point) for point in points)


@pytest.mark.parametrize("raw", [{"min": 0.0, "max": 1.0}, {"distribution": "q_normal"}], ids=str)
def test_a_space_without_bounds_has_no_grid(raw: dict[str, Any]) -> None:
    assert space_of(a={"values": [1, 2]}, b=raw).size is None


def test_a_space_of_constants_has_one_point() -> None:
    space = space_of(a={"value": 1})
    assert space.size == 1
    assert space.enumeration is not None
    assert space.overrides(space.enumeration.point_at(0)) == ["a=1"]


# -- overrides ------------------------------------------------------------------------------------------

parser = OverridesParser.create()
dict_keys = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_-]{0,6}\Z") | st.text(
    "ab/-\\+.$%*@?|()[]{}:=, \te1'é", max_size=6
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.text("\\'\"={}[](),: \t\n$%é./-0e1nulltrueinf", max_size=10)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(dict_keys, inner, max_size=3),
    max_leaves=6,
)


def typed(value: Any) -> Any:
    """The value with its type at every depth, so that 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return type(value), value


def has_strange_key(value: Any) -> bool:
    if isinstance(value, dict):
        return any("'" in key or "é" in key or not key for key in value) or any(
            map(has_strange_key, value.values())
        )
    return isinstance(value, list) and any(map(has_strange_key, value))


@settings(max_examples=400)
@given(values)
def test_hydra_reads_back_exactly_what_was_quoted(value: Any) -> None:
    try:
        text = override("a.b", value)
    except ValueError as error:
        assert "dict key" in str(error)
        return
    assert not has_strange_key(value)
    parsed = parser.parse_override(text)
    assert not parsed.is_sweep_override()
    assert typed(parsed.value()) == typed(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (1e-05, "1e-05"),
        (-3, "-3"),
        (float("inf"), "inf"),
        ("adam", "adam"),
        ("a/b-c.d", "a/b-c.d"),
        ("null", "'null'"),
        ("TRUE", "'TRUE'"),
        ("inf", "'inf'"),
        ("1e3", "'1e3'"),
        ("", "''"),
        ("two words", "'two words'"),
        ("a=b", "'a=b'"),
        ("it's", r"'it\'s'"),
        ("café", "'café'"),
        ("back\\", r"'back\\'"),
        ([256, 128], "[256,128]"),
        ({"a": [1, None], "b": "x y"}, "{a:[1,null],b:'x y'}"),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_how_values_look(value: Any, text: str) -> None:
    assert quote(value) == text
    assert typed(parser.parse_override(f"k={text}").value()) == typed(value)


@pytest.mark.parametrize(
    "value",
    [{"1": 2}, {"é": 2}, {"true": 1}, {"a'b": 1}, {"": 1}, {3: 1}, object()],
    # The same in every process: an object's own repr holds its address.
    ids=lambda value: repr(value).split(" at ")[0],
)
def test_what_hydras_grammar_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="cannot be written as a Hydra override"):
        quote(value)


# -- function sweeps ------------------------------------------------------------------------------------


def test_dotted_keys_nest_for_functions() -> None:
    space = space_of(
        model__width={"values": [1, 2]}, model__head__bias={"value": True}, optimizer={"value": "sgd"},
        optimizer__momentum={"values": [0.5, 0.9]},
    )  # fmt: skip
    assert space.nested({"model.width": 2, "optimizer.momentum": 0.9}) == {
        "model": {"width": 2, "head": {"bias": True}},
        "optimizer": "sgd",
        "optimizer.momentum": 0.9,
    }
