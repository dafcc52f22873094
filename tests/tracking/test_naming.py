"""Names and ids of runs."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from swatch.errors import UserError
from swatch.tracking.naming import config_differences, config_fingerprint, format_value, run_id, run_name

CONFIG: dict[str, Any] = {
    "seed": 0,
    "batch_size": 128,
    "optimizer": {"learning_rate": 0.002, "weight_decay": 1e-05, "nesterov": False},
    "model": {"hidden_sizes": [256, 128], "depth": None, "activation": "relu"},
    "data": {"folder": "/some/where"},
    "training": {"resume": "auto", "progress": True, "monitor": "val/accuracy"},
    "tracking": {"mode": "auto"},
    "run": {"name": "x"},
}
CHOICES = {"optimizer": "adam", "model": "mlp", "tracking": "wandb"}


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{optimizer}_lr{optimizer.learning_rate}_{model.hidden_sizes}", "adam_lr0.002_256-128"),
        ("{optimizer}_depth{model.depth}_{model.hidden_sizes}", "adam_256-128"),
        ("{model.depth}_{optimizer}", "adam"),
        ("wd{optimizer.weight_decay}", "wd1e-05"),
        ("plain name", "plain name"),
        ("{model.depth}", "run"),
    ],
)
def test_template(template: str, name: str) -> None:
    assert run_name(template, CONFIG, CHOICES, ()) == name


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        (
            ["optimizer=adam", "optimizer.learning_rate=.002", "model.hidden_sizes=[256,128]"],
            "adam_lr0.002_256-128",
        ),
        (["model.hidden_sizes", "optimizer.weight_decay"], "256-128_wd1e-05"),
        (["batch_size=128", "++optimizer.nesterov=false"], "batch128_no-nesterov"),
        (["data.folder=/some/where", "tracking.mode=offline", "run.tags=[a]", "~model.depth"], "mlp_adam"),
        (["model.activation=relu", "seed=0"], "relu_seed0"),
        ([], "mlp_adam"),
    ],
)
def test_swept_names_what_was_overridden(overrides: list[str], name: str) -> None:
    assert run_name("{swept}", CONFIG, CHOICES, overrides) == name


def test_unknown_part_names_the_nearest() -> None:
    with pytest.raises(
        UserError, match=r"run\.name: there is no '\{optimizer\.learning_rte\}'.*learning_rate"
    ):
        run_name("{optimizer.learning_rte}", CONFIG, CHOICES, ())


def test_names_fit_wandb() -> None:
    assert len(run_name("x" * 500, CONFIG, CHOICES, ())) == 128


def test_values() -> None:
    assert format_value([1, 0.5, True]) == "1-0.5-true"
    assert format_value(1e30) == "1e30", "a run id would turn 1e+30 into 1e-30"
    assert format_value({"a": 1}) == "a1"


def test_ids_sort_by_time_and_are_valid_for_wandb() -> None:
    ids = [
        run_id("adam: lr/0.1 % ü" + "y" * 90, "0123abcd", datetime(2026, 1, day, 12, second))
        for day, second in ((1, 5), (1, 30), (2, 0))
    ]
    assert ids == sorted(ids)
    for one in ids:
        assert re.fullmatch(r"[A-Za-z0-9_.\-]{1,128}", one)
        assert one.endswith("-0123abcd")


def test_a_long_id_is_cut_between_two_parts() -> None:
    name = "limit3000_epochs8_val-loss_patience0_momentum_lr0.3"
    cut = run_id(name, "0123abcd", datetime(2026, 1, 1))
    assert cut == "20260101-000000-limit3000_epochs8_val-loss_patience0_momentum-0123abcd"


def test_fingerprint_is_of_what_is_trained() -> None:
    same = {**CONFIG, "tracking": {"mode": "offline"}, "run": {"name": "y"}, "paths": {"runs": "elsewhere"}}
    same["training"] = {**CONFIG["training"], "progress": False, "resume": "never"}
    assert config_fingerprint(same) == config_fingerprint(CONFIG)
    assert config_differences(same, CONFIG) == []
    other = {**CONFIG, "model": {**CONFIG["model"], "activation": "tanh"}, "seed": 1}
    assert config_fingerprint(other) != config_fingerprint(CONFIG)
    assert config_differences(other, CONFIG) == ["model.activation", "seed"]
