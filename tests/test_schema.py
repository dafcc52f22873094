"""The typed top level: what it accepts, converts and refuses."""

from __future__ import annotations

import copy
from typing import Annotated, Any, Literal

import pytest

from swatch.compose import compose
from swatch.errors import UserError
from swatch.schema import check
from swatch.schema.hints import AtLeast, Unfit, describe, fit, hints_of


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return compose().plain


def test_accepts_the_default_recipe(config: dict[str, Any]) -> None:
    settings = check(config)
    assert settings.epochs == config["epochs"]
    assert settings.training.early_stopping.patience is None


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("epochs",), 0, "epochs must be a whole number of at least 1, not 0"),
        (("epochz",), 1, "unknown key 'epochz' in the config. Did you mean 'epochs'?"),
        (("training", "thread"), 1, "unknown key 'training.thread'. Did you mean 'training.threads'?"),
        (("training", "early_stopping", "patience"), -1, "training.early_stopping.patience must be"),
        (("training", "early_stopping"), [], "training.early_stopping must hold keys (patience, min_delta)"),
        (("paths", "runs"), None, "paths.runs must be a text, not null"),
        (("tracking", "model"), "best", "tracking.model must be one of auto or true or false, not 'best'"),
        (("tracking", "samples"), -1, "tracking.samples must be a whole number of at least 0, not -1"),
        (("model",), 3, "the config of model must hold keys, not 3"),
    ],
)
def test_refuses(config: dict[str, Any], path: tuple[str, ...], value: Any, message: str) -> None:
    changed = copy.deepcopy(config)
    node = changed
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    with pytest.raises(UserError) as caught:
        check(changed)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("value", ["auto", True, False])
def test_the_model_may_be_sent_always_never_or_by_itself(config: dict[str, Any], value: Any) -> None:
    settings = check({**config, "tracking": {**config["tracking"], "model": value}})
    assert settings.tracking.model is value


@pytest.mark.parametrize("key", ["epochs", "tracking", "optimizer"])
def test_misses_nothing(config: dict[str, Any], key: str) -> None:
    with pytest.raises(UserError, match=f"lacks the (key|group) '{key}'"):
        check({name: value for name, value in config.items() if name != key})


def test_a_projects_groups_may_hold_anything(config: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="unknown key 'sampler'"):
        check({**config, "sampler": {"x": 1}})
    assert check({**config, "sampler": {"x": 1}}, {"sampler": ["uniform"]}).seed == config["seed"]


@pytest.mark.parametrize(
    ("hint", "value", "expected"),
    [
        (int, 3, 3),
        (int, 3.0, 3),
        (float, 3, 3.0),
        (float, float("inf"), float("inf")),
        (int | str, "3", "3"),
        (str | int, 3, 3),
        (float | int, 3, 3),
        (str, 7, "7"),
        (bool, True, True),
        (None | bool, None, None),
        (list[int], (1, 2.0), [1, 2]),
        (tuple[int, float], [1, 2], (1, 2.0)),
        (Literal["a", 1], 1, 1),
        (Annotated[float, AtLeast(0)], 0, 0.0),
        (object, "anything", "anything"),
        (Any, [1], [1]),
    ],
)
def test_fit(hint: Any, value: Any, expected: Any) -> None:
    fitting = fit(hint, value)
    assert fitting == expected
    assert type(fitting) is type(expected)


@pytest.mark.parametrize(
    ("hint", "value", "words"),
    [
        (int, 2.5, "a whole number"),
        (int, True, "a whole number"),
        (float, "3", "a number"),
        (float, False, "a number"),
        (str, 2.5, "a text"),
        (str, None, "a text"),
        (bool, 1, "true or false"),
        (list[int], "12", "a list, each item a whole number"),
        (tuple[int, int], [1], "a list, each item a whole number"),
        (list, 3, "a list"),
        (dict, [], "a mapping"),
        (Annotated[int, AtLeast(1)] | None, 0, "a whole number of at least 1 or null"),
        (Annotated[float, AtLeast(0)], float("nan"), "a number of at least 0"),
        (Literal["a", "b"], "c", "one of a, b"),
    ],
)
def test_unfit(hint: Any, value: Any, words: str) -> None:
    with pytest.raises(Unfit) as caught:
        fit(hint, value)
    assert str(caught.value) == words == describe(hint)


def test_hints_that_cannot_be_evaluated_check_nothing() -> None:
    def function(value: Missing) -> None: ...  # noqa: F821

    assert hints_of(function) == {}
