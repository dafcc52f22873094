"""Building objects from config: what is admitted, what is checked, and how errors name the config key."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import pytest
from omegaconf import OmegaConf

from swatch.compose import build, compose
from swatch.errors import UserError
from swatch.schema.hints import AtLeast


class Engine:
    """Something with one argument of every kind."""

    def __init__(
        self,
        power: float,
        cylinders: int = 4,
        name: str = "engine",
        turbo: bool = False,
        kind: Literal["petrol", "diesel"] = "petrol",
        sizes: Sequence[int] = (1,),
        gears: tuple[int, ...] = (),
        limit: Annotated[int, AtLeast(1)] | None = None,
        options: Mapping[str, Any] | None = None,
        inner: Engine | None = None,
    ) -> None:
        if power < 0:
            raise UserError(f"power must be positive, got {power}")
        if power > 1000:
            raise UserError("nobody needs that")
        self.arguments = {key: value for key, value in locals().items() if key not in ("self", "__class__")}


def tuned(*, boost: float, **others: Any) -> dict[str, Any]:
    return {"boost": boost, **others}


def broken(power: float) -> None:
    raise TypeError("a bug, not a mistake of the user's")


@pytest.fixture(autouse=True)
def garage() -> Iterator[None]:
    """The objects above as a module inside the package."""
    module = types.ModuleType("swatch.garage_for_test")
    for item in (Engine, tuned, broken):
        item.__module__ = module.__name__
        setattr(module, item.__name__, item)
    module.subprocess = sys.modules["subprocess"]  # type: ignore[attr-defined]
    module.Popen = sys.modules["subprocess"].Popen  # type: ignore[attr-defined]
    module.NUMBER = 3  # type: ignore[attr-defined]
    Engine.__init__.__globals__.setdefault("Engine", Engine)
    sys.modules[module.__name__] = module
    yield
    del sys.modules[module.__name__]


ENGINE = "swatch.garage_for_test.Engine"


def node(**values: Any) -> Any:
    return OmegaConf.create({"car": {"engine": values}, "compose": {"trusted_packages": []}}).car.engine


def test_builds_with_config_and_runtime_arguments() -> None:
    engine = build(node(_target_=ENGINE, cylinders=6, sizes=[1, 2]), power=3.0)
    assert engine.arguments["power"] == 3.0
    assert engine.arguments["cylinders"] == 6
    assert engine.arguments["sizes"] == [1, 2]


def test_builds_inner_nodes_first() -> None:
    engine = build(node(_target_=ENGINE, power=1, inner={"_target_": ENGINE, "power": 2}))
    assert isinstance(engine.arguments["inner"], Engine)
    assert engine.arguments["inner"].arguments["power"] == 2


def test_plain_mappings_build_too() -> None:
    assert build({"_target_": "swatch.garage_for_test.tuned", "boost": 1.0, "x": 2}) == {"boost": 1.0, "x": 2}


def test_interpolations_are_resolved() -> None:
    config = OmegaConf.create({"power": 7, "engine": {"_target_": ENGINE, "power": "${power}"}})
    assert build(config.engine).arguments["power"] == 7


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"cylinders": 6.0}, 6),
        ({"gears": [1, 2]}, (1, 2)),
        ({"sizes": [64.0, 32]}, [64, 32]),
        ({"name": 3}, "3"),
        ({"limit": None}, None),
        ({"options": {"a": [1]}}, {"a": [1]}),
    ],
)
def test_values_are_converted_where_nothing_is_lost(values: dict[str, Any], expected: Any) -> None:
    [(key, _)] = values.items()
    built = build(node(_target_=ENGINE, power=1, **values)).arguments[key]
    assert built == expected
    assert type(built) is type(expected)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"powr": 1.0}, r"unknown key 'car\.engine\.powr'.*Did you mean 'car\.engine\.power'"),
        ({}, r"car\.engine\.power is missing"),
        ({"power": "fast"}, r"car\.engine\.power must be a number, not 'fast'"),
        ({"power": True}, r"car\.engine\.power must be a number, not true"),
        ({"power": None}, r"car\.engine\.power must be a number, not null"),
        ({"power": 1, "cylinders": 2.5}, r"car\.engine\.cylinders must be a whole number, not 2\.5"),
        ({"power": 1, "turbo": "yes"}, r"car\.engine\.turbo must be true or false"),
        ({"power": 1, "kind": "steam"}, r"car\.engine\.kind must be one of petrol, diesel, not 'steam'"),
        ({"power": 1, "sizes": "big"}, r"car\.engine\.sizes must be a list, each item a whole number"),
        ({"power": 1, "sizes": [1, "x"]}, r"car\.engine\.sizes must be a list"),
        ({"power": 1, "limit": 0}, r"car\.engine\.limit must be a whole number of at least 1 or null, not 0"),
        ({"power": 1, "options": [1]}, r"car\.engine\.options must be a mapping or null"),
        ({"power": -1}, r"^car\.engine\.power must be positive, got -1\.0$"),
        ({"power": 2000}, r"^car\.engine: nobody needs that$"),
        ({"power": 1, "inner": {"_target_": ENGINE, "powr": 1}}, r"'car\.engine\.inner\.powr'"),
        ({"power": 1, "inner": {"_target_": "os.system"}}, r"engine\.inner\._target_=os\.system is refused"),
        ({"power": "${nowhere}"}, r"nowhere"),
        ({"power": "???"}, r"power"),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_arguments_name_the_config_key(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        build(node(_target_=ENGINE, **values))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "subprocess.Popen",
        "builtins.eval",
        "swatchy.Thing",
        # Reachable through our modules, but not ours.
        "swatch.garage_for_test.Popen",
        "swatch.garage_for_test.subprocess",
    ],
)
def test_only_our_own_is_built(target: str) -> None:
    with pytest.raises(UserError, match="is refused"):
        build(node(_target_=target))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("swatch.garage_for_test.subprocess.Popen", "there is no module"),
        ("swatch.nowhere.Thing", "there is no module 'swatch.nowhere'"),
        ("swatch.garage_for_test.Engin", "has no 'Engin'. Did you mean 'Engine'"),
        ("swatch.garage_for_test.NUMBER", "is refused"),
        ("swatch", "must be a dotted path"),
        ("swatch.a-b.C", "must be a dotted path"),
        (3, "must be a dotted path"),
    ],
)
def test_targets_that_do_not_exist(target: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        build(node(_target_=target))


def test_a_node_needs_a_target() -> None:
    with pytest.raises(UserError, match=r"car\.engine needs a _target_"):
        build(node(power=1))


def test_runtime_arguments_are_not_configured() -> None:
    with pytest.raises(UserError, match=r"car\.engine\.power is set by the program"):
        build(node(_target_=ENGINE, power=1), power=2)


def test_a_target_that_does_not_take_a_runtime_argument_is_refused() -> None:
    with pytest.raises(UserError, match=r"car\.engine\._target_: \S+ does not take 'classes'"):
        build(node(_target_=ENGINE, power=1), classes=10)


def test_bugs_are_not_dressed_as_mistakes() -> None:
    with pytest.raises(TypeError, match="a bug"):
        build(node(_target_="swatch.garage_for_test.broken", power=1))


def test_trusted_packages_are_admitted() -> None:
    third = {"_target_": "fractions.Fraction", "numerator": 1, "denominator": 3}
    config = OmegaConf.create({"third": third, "compose": {"trusted_packages": ["fractions"]}})
    assert build(config.third) * 3 == 1


def test_the_shipped_optimizers_build_from_their_configs() -> None:
    for name in ("sgd", "momentum", "adam"):
        config = compose([f"optimizer={name}", "optimizer.learning_rate=0.125"]).config
        assert build(config.optimizer).hyperparameters()["learning_rate"] == 0.125
    with pytest.raises(UserError, match=r"optimizer\.learning_rate must be a number, not 'fast'"):
        build(compose(["optimizer.learning_rate=fast"]).config.optimizer)
