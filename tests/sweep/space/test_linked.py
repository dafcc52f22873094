"""Linked parameters: dicts that set several keys together, checked against the shipped config."""

from __future__ import annotations

import pytest

from swatch.compose import compose
from swatch.errors import UserError
from swatch.sweep.config import SweepConfig
from swatch.sweep.network.validation import CheckedSweep, check


def checked(parameters: str, *overrides: str) -> CheckedSweep:
    text = "method: random\nmetric: {name: val/accuracy, goal: maximize}\nparameters:\n"
    text += "".join(f"  {line}\n" for line in parameters.splitlines())
    return check(SweepConfig.from_yaml(text, "s.yaml"), overrides)


SIZES = "size: {values: [{model.width: 64, model.depth: 2}, {model: {width: 128, depth: 1}}]}"


def test_a_list_of_dicts_under_a_free_name_sets_keys_together() -> None:
    space = checked(SIZES + "\nepochs: {values: [1, 2]}").space
    assert space.linked == {"size"}
    assert space.size == 4
    points = [space.enumeration.point_at(number) for number in (0, 2)] if space.enumeration else []
    assert space.overrides(points[0]) == ["model.width=64", "model.depth=2", "epochs=1"]
    composed = [compose(space.overrides(point)).plain["model"] for point in points]
    assert [(model["width"], model["depth"]) for model in composed] == [(64, 2), (128, 1)]


def test_linked_keys_may_choose_groups_with_their_own_keys() -> None:
    space = checked(
        "how: {values: [{optimizer: momentum, optimizer.momentum: 0.5}, {optimizer: adam}]}\n"
        "optimizer.learning_rate: {min: 0.001, max: 0.1}"
    ).space
    point = {"how": {"optimizer": "momentum", "optimizer.momentum": 0.5}, "optimizer.learning_rate": 0.01}
    composition = compose(space.overrides(point))
    assert composition.choices["optimizer"] == "momentum"
    assert composition.plain["optimizer"]["momentum"] == 0.5


def test_dicts_under_a_key_of_the_config_merge_there() -> None:
    """Under a section, and under a group, whose choice stays."""
    space = checked(
        "training.early_stopping: {values: [{patience: 3}, {patience: 5, min_delta: 0.01}]}\n"
        "model: {values: [{activation: tanh}, {activation: relu, dropout: 0.1}]}"
    ).space
    assert space.linked == frozenset()
    point = {
        "training.early_stopping": {"patience": 5, "min_delta": 0.01},
        "model": {"activation": "relu", "dropout": 0.1},
    }
    plain = compose(space.overrides(point)).plain
    assert plain["training"]["early_stopping"] == {"patience": 5, "min_delta": 0.01}
    assert (plain["model"]["activation"], plain["model"]["dropout"]) == ("relu", 0.1)
    assert "hidden_sizes" in plain["model"]


@pytest.mark.parametrize(
    ("parameters", "overrides", "words"),
    [
        ("size: {values: [{model.width: 64, model.depth: 2}, {model.wdth: 9}]}", [], ".size.values.1: "),
        ("size: {value: {model.wdth: 9}}", [], "the config has no 'size', so its dicts set keys: "),
        (SIZES + "\nmodel.width: {values: [8, 9]}", [], "model.width is swept by itself as well"),
        (SIZES, ["model.width=9", "model.depth=1"], "on the command line too, as model.width=9"),
        ("size: {value: {optimizer.momentum: 0.5}}\noptimizer: {values: [adam, momentum]}", [],
         "with optimizer=adam"),
        ("size: {values: [{epochs: 1}, 3]}", [], "size"),
        ("size: {values: [{epochs: 1}, {epochs: many}]}", [], "epochs"),
    ],
)  # fmt: skip
def test_wrong_linked_parameters_are_refused_with_their_line(
    parameters: str, overrides: list[str], words: str
) -> None:
    with pytest.raises(UserError, match=r"^s\.yaml:4: parameters\.size") as caught:
        checked(parameters, *overrides)
    assert words in str(caught.value)
