"""A sweep against the composed config: nothing starts unless every key and value fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from swatch.errors import UserError
from swatch.sweep.config import SweepConfig
from swatch.sweep.network.validation import LOGGED_METRICS, CheckedSweep, check

TOYS = """
from swatch.errors import UserError

class Toy:
    def __init__(self, **values):
        if values.get("width", 1) < 1:
            raise UserError(f"width must be at least 1, found {values['width']}")
        if values.get("height", 0) > 9 or values.get("momentum", 0) >= 1:
            raise UserError("that is too much")
        if values.get("rate", 0) > values.get("highest_rate", 1):
            raise UserError("rate must be at most highest_rate")

    def hyperparameters(self):
        return {}
"""

CONF = {
    "model/plain": "width: 64\ndropout: 0.0\n",
    "model/tower": "width: 64\ndropout: 0.0\nheight: 3\nnorm: {kind: batch}\n",
    "optimizer/calm": "learning_rate: 0.1\n",
    "optimizer/heavy": "learning_rate: 0.1\nmomentum: 0.9\n",
    "optimizer/nimble": "learning_rate: 0.1\nmomentum: 0.9\nnesterov: false\n",
    "loss/log": "rate: 0.5\nhighest_rate: 0.7\n",
    "scheduler/flat": "warmup: 0\n",
    # Chosen for every run below, so that these tests need no config of the real network.
    "project/default": (
        "# @package _global_\ndefaults:\n  - override /model: plain\n  - override /optimizer: calm\n"
        "  - override /loss: log\n  - override /scheduler: flat\n"
        "compose: {trusted_packages: [toys_of_a_sweep]}\n"
    ),
}


@pytest.fixture(autouse=True)
def _project(tmp_path: Path) -> None:
    """The working directory has a conf/ with choices of its own, which go first, and what they build."""
    (tmp_path / "toys_of_a_sweep.py").write_text(TOYS)
    for name, text in CONF.items():
        file = tmp_path / "conf" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        target = "" if name.startswith("project") else "_target_: toys_of_a_sweep.Toy\n"
        file.write_text(target + text)


def checked(parameters: str, *overrides: str, metric: str = "val/accuracy") -> CheckedSweep:
    text = f"method: random\nmetric: {{name: {metric}, goal: maximize}}\nparameters:\n"
    text += "".join(f"  {line}\n" for line in parameters.strip().splitlines())
    return check(SweepConfig.from_yaml(text, "s.yaml"), overrides)


def test_keys_and_values_that_fit_pass() -> None:
    parameters = """
optimizer.learning_rate: {min: 0.1, max: 0.2}
model.norm: {value: {kind: x}}
seed: {value: 2}
"""
    result = checked(parameters, "model=tower")
    assert list(result.space.parameters) == ["optimizer.learning_rate", "model.norm", "seed"]
    assert (result.notices, result.pinned, dict(result.space.conditions)) == ((), (), {})


def test_keys_of_some_choices_become_conditional_on_them() -> None:
    result = checked(
        """
model: {values: [plain, tower]}
model.height: {values: [2, 3]}
model.width: {min: 8, max: 32}
optimizer: {values: [calm, heavy, nimble]}
optimizer.momentum: {min: 0.0, max: 0.9}
optimizer.nesterov: {value: true}
"""
    )
    assert result.space.conditions == {
        "model.height": {"model": frozenset({"tower"})},
        "optimizer.momentum": {"optimizer": frozenset({"heavy", "nimble"})},
        "optimizer.nesterov": {"optimizer": frozenset({"nimble"})},
    }


def test_a_group_of_one_choice_conditions_nothing() -> None:
    result = checked("optimizer: {value: heavy}\noptimizer.momentum: {min: 0.0, max: 0.9}")
    assert dict(result.space.conditions) == {}


def test_many_groups_are_varied_one_at_a_time(tmp_path: Path) -> None:
    for group in ("alpha", "beta", "gamma"):
        for index in range(4):
            file = tmp_path / "conf" / group / f"c{index}.yaml"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("common: 1\n" + ("special: 1\n" if index == 3 else "usual: 1\n"))
    default = tmp_path / "conf" / "project" / "default.yaml"
    added = "defaults:\n  - /alpha: c0\n  - /beta: c0\n  - /gamma: c0\n"
    default.write_text(default.read_text().replace("defaults:\n", added))
    lines = [f"{group}: {{values: [c0, c1, c2, c3]}}" for group in ("alpha", "beta", "gamma")]
    lines += ["beta.special: {values: [1, 2]}", "gamma.common: {values: [1, 2]}", "beta.usual: {value: 1}"]
    result = checked("\n".join(lines))
    assert result.space.conditions == {
        "beta.special": {"beta": frozenset({"c3"})},
        "beta.usual": {"beta": frozenset({"c0", "c1", "c2"})},
    }


def test_an_override_pins_a_swept_key() -> None:
    result = checked("optimizer.learning_rate: {min: 0.1, max: 0.2}\nseed: {values: [1, 2]}", "seed=7")
    assert list(result.space.parameters) == ["optimizer.learning_rate"]
    assert result.pinned == ("seed",)
    assert result.notices == ("s.yaml:5: seed is not swept: the command line says seed=7",)


def test_a_pinned_group_takes_its_keys_along() -> None:
    result = checked(
        "optimizer: {values: [calm, heavy]}\noptimizer.momentum: {value: 0.9}\nseed: {min: 1, max: 9}",
        "optimizer=calm",
    )
    assert list(result.space.parameters) == ["seed"]
    assert result.pinned == ("optimizer", "optimizer.momentum")
    assert "optimizer.momentum is not swept: no choice left has it" in result.notices[1]


def test_pinning_everything_leaves_nothing_to_sweep() -> None:
    with pytest.raises(UserError, match="nothing is left to sweep"):
        checked("seed: {values: [1, 2]}", "seed=7")


@pytest.mark.parametrize(
    ("parameters", "overrides", "place", "words"),
    [
        ("optimizer.learning_rat: {min: 0.1, max: 0.2}", [], "s.yaml:4: parameters.optimizer.learning_rat:",
         "Did you mean 'optimizer.learning_rate'?"),
        ("seed: {value: 1}\nlearning_rate: {min: 0.1, max: 0.2}", [], "s.yaml:5: parameters.learning_rate:",
         "'optimizer.learning_rate'"),
        ("optimizer.momentum: {min: 0.1, max: 0.2}", [], "s.yaml:4:", "it belongs to optimizer=heavy"),
        ("optimizer: {values: [calm, heavy]}\noptimizer.nesterov: {min: 0, max: 1}", [], "s.yaml:5:",
         "it belongs to optimizer=nimble"),
        ("optimizer: {values: [calm, heavy]}\noptimizer.momentun: {min: 0.1, max: 0.2}", [], "s.yaml:5:",
         "Did you mean 'optimizer.momentum', which optimizer=heavy has?"),
        ("optimizer: {values: [calm, heavy]}\noptimizer.learning_rat: {min: 0.1, max: 0.2}", [], "s.yaml:5:",
         "Did you mean 'optimizer.learning_rate'?"),
        ("optimizer: {values: [calm, heavy]}\noptimizer.x: {min: 0.1, max: 0.2}", [], "s.yaml:5:",
         "The swept choices of optimizer have learning_rate, momentum."),
        ("model:\n  parameters:\n    wdth: {min: 1, max: 2}", [], "s.yaml:6:", "'model.width'"),
        ("optimizr: {values: [calm, heavy]}", [], "s.yaml:4:", "'optimizer'"),
        ("optimizer: {values: [calm, haevy]}", [], "s.yaml:4:", "Did you mean 'heavy'?"),
        ("optimizer: {value: 3}", [], "s.yaml:4:", "there is no optimizer 3"),
        ("optimizer: {min: 1, max: 3}", [], "s.yaml:4:", "is a config group; list `values`"),
        ("epochs:\n  values:\n    - 3\n    - 0", [], "s.yaml:7: parameters.epochs.values.1:", "at least 1"),
        ("epochs: {min: 1.0, max: 5.0}", [], "s.yaml:4:", "whole number"),
        ("batch_size: {min: 0, max: 2}", [], "s.yaml:4:", "at least 1"),
        ("batch_size: {value: many}", [], "s.yaml:4: parameters.batch_size.value:", "whole number"),
        ("model.width: {values: [{é: 1}, 3]}", [], "s.yaml:4:", "cannot be written as a Hydra override"),
        ("seed: {min: 1, max: 3}", ["sed=3"], "unknown key 'sed'", "'seed'"),
        ("seed: {min: 1, max: 3}", ["optimizer=adm"], "optimizer=adm:", "there is no optimizer 'adm'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_line(
    parameters: str, overrides: list[str], place: str, words: str
) -> None:
    with pytest.raises(UserError) as caught:
        checked(parameters, *overrides)
    message = str(caught.value)
    assert message.startswith(place)
    assert words in message
    assert "\n" not in message


def test_a_key_of_odd_combinations_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / "conf" / "scheduler" / f"{name}.yaml").write_text(
            "# @package _global_\n"
            + "scheduler: {warmup: 1}\n"
            + ("model: {extra: 1}\n" if name == "one" else "")
        )
    (tmp_path / "conf" / "model" / "rich.yaml").write_text("width: 1\nextra: 1\n")
    with pytest.raises(UserError, match="only for some combinations of"):
        checked(
            "model: {values: [plain, rich]}\nscheduler: {values: [one, two]}\nmodel.extra: {values: [1, 2]}"
        )


@pytest.mark.parametrize(
    ("parameters", "overrides", "message"),
    [
        ("model.width:\n  values:\n    - 8\n    - 0", [],
         "s.yaml:7: parameters.model.width.values.1: model.width must be at least 1, found 0"),
        ("seed: {min: 1, max: 9}\nmodel.width: {value: 0}", [],
         "s.yaml:5: parameters.model.width: model.width must be at least 1, found 0"),
        ("model.width: {min: -3, max: 9}", [],
         "s.yaml:4: parameters.model.width: model.width must be at least 1, found -3"),
        ("model.width: {min: -3.0, max: 9.0}", [],
         "s.yaml:4: parameters.model.width: model.width must be at least 1, found -3.0"),
        ("model: {values: [plain, tower]}\nmodel.height: {values: [2, 10]}", [],
         "s.yaml:5: parameters.model.height.values.1: model: that is too much"),
        ("optimizer: {values: [calm, nimble]}\noptimizer.momentum: {min: 0.5, max: 1.5}", [],
         "s.yaml:5: parameters.optimizer.momentum: optimizer: that is too much"),
        ("seed: {min: 1, max: 9}", ["model.width=0"], "model.width must be at least 1, found 0"),
        ("optimizer: {values: [calm, strange]}", [],
         "s.yaml:4: parameters.optimizer.values.1: optimizer._target_=os.system is refused: only classes and "
         "functions of swatch are built; admit your own package with compose.trusted_packages=[os]"),
        ('run.name: {values: ["{seed}", "{sed}"]}', [],
         "s.yaml:4: parameters.run.name.values.1: run.name: there is no '{sed}' in the config. "
         "Did you mean 'seed'?"),
    ],
)  # fmt: skip
def test_a_value_that_nothing_can_be_built_from_is_refused_with_its_line(
    parameters: str, overrides: list[str], message: str, tmp_path: Path
) -> None:
    (tmp_path / "conf" / "optimizer" / "strange.yaml").write_text("_target_: os.system\n")
    with pytest.raises(UserError) as caught:
        checked(parameters, *overrides)
    assert str(caught.value) == message


def test_a_value_that_works_beside_some_others_is_tried_in_the_sweep() -> None:
    parameters = "loss.rate: {values: [0.1, 0.6]}\nloss.highest_rate: {values: [0.2, 0.3, 0.9]}"
    assert checked(parameters).space.size == 6


@pytest.mark.parametrize(
    "distribution", ["{distribution: beta, a: 2, b: 8}", "{distribution: normal, mu: 0.3, sigma: 0.1}"]
)
def test_an_end_that_is_hardly_ever_drawn_is_no_reason_to_refuse(distribution: str) -> None:
    checked(f"optimizer: {{value: heavy}}\noptimizer.momentum: {distribution}")


def test_a_sweep_of_constants_takes_overrides() -> None:
    assert checked("epochs: {value: 1}\nmodel.width: {value: 3}", "seed=7").pinned == ()


@pytest.mark.parametrize("metric", LOGGED_METRICS)
def test_every_logged_metric_can_be_optimised(metric: str) -> None:
    assert checked("seed: {min: 1, max: 3}", metric=metric).space.size == 3


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("val/acuracy", "Did you mean 'val/accuracy'?"),
        ("val_loss", "Did you mean 'val/loss'?"),
        ("zzz", "It logs val/accuracy, val/loss"),
        ("test/accuracy", "never looks at the test set"),
    ],
)
def test_a_metric_that_training_never_logs_is_refused(metric: str, words: str) -> None:
    with pytest.raises(UserError, match=r"^s\.yaml:2: metric\.name:") as caught:
        checked("seed: {min: 1, max: 3}", metric=metric)
    assert words in str(caught.value)


def test_every_one_of_several_metrics_is_checked() -> None:
    text = "method: random\nmetrics:\n- {name: val/loss}\n- {name: val/acuracy, goal: maximize}\n"
    text += "parameters:\n  epochs: {values: [1, 2]}\n"
    with pytest.raises(UserError, match=r"^s\.yaml:4: metrics\.1\.name: 'val/acuracy'.*'val/accuracy'"):
        check(SweepConfig.from_yaml(text, "s.yaml"), [])
