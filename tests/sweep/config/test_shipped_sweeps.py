"""The sweeps in ``sweeps/``: valid for W&B as they stand, and every key fits the config."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from swatch.compose import compose
from swatch.sweep.config import SweepConfig
from swatch.sweep.network.validation import check
from swatch.sweep.search import propose
from swatch.sweep.wandb_engine import command_line
from swatch.sweep.wandb_engine.point import adapt

FOLDER = Path(__file__).resolve().parents[3] / "sweeps"
SWEEPS = sorted(FOLDER.glob("*.yaml"))
ASSIGNMENT = sorted((FOLDER / "assignment").glob("*.yaml"))


def name_of(path: Path) -> str:
    """Return what the file calls itself: its name, after that of its folder."""
    return "-".join(path.relative_to(FOLDER).with_suffix("").parts)


each_sweep: Callable[..., Any] = pytest.mark.parametrize("path", [*SWEEPS, *ASSIGNMENT], ids=name_of)


def read(path: Path) -> SweepConfig:
    return SweepConfig.from_yaml(path.read_text(encoding="utf-8"), f"sweeps/{path.relative_to(FOLDER)}")


def test_the_four_are_there() -> None:
    assert {path.stem for path in SWEEPS} >= {"quick", "bayes", "random", "grid"}


def test_those_of_the_assignment_are_there() -> None:
    assert {path.stem for path in ASSIGNMENT} >= {"grid", "bayes", "random", "loss", "mnist"}


@each_sweep
def test_wandb_starts_it_with_hydras_overrides(path: Path) -> None:
    config = read(path)
    assert config.notices == ()
    assert config.program == "scripts/train.py"
    assert config.command == ("${env}", "${interpreter}", "${program}", "${args_no_hyphens}")
    assert config.name == name_of(path)
    assert config.description


@each_sweep
def test_wandb_reads_the_same_values(path: Path) -> None:
    """PyYAML's own loader, which W&B uses, takes 1e-4 for a text; ours does not."""
    assert yaml.safe_load(path.read_text(encoding="utf-8")) == read(path).raw


@each_sweep
def test_every_key_value_and_metric_fits(path: Path) -> None:
    config = read(path)
    checked = check(config, [])
    assert checked.notices == ()
    assert checked.pinned == ()
    for number in range(5):
        point = propose(checked.space, config.method, [], number=number, seed=0, goal="maximize")
        assert isinstance(point, dict)
        expected = {**point, **checked.space.constants}.get("epochs")
        assert expected is None or compose(checked.space.overrides(point)).plain["epochs"] == expected


@each_sweep
@pytest.mark.parametrize("unit", [0.1, 0.9])
def test_wandbs_arguments_mean_the_same_config(path: Path, unit: float) -> None:
    """`wandb agent` hands over all keys of a point, nested ones as dicts; it trains what our agent does."""
    from wandb.sdk.launch.sweeps.utils import create_sweep_command_args

    config = read(path)
    space = check(config, []).space
    values = {key: distribution.from_unit(unit) for key, distribution in config.parameters.items()}
    arguments: dict[str, Any] = {
        key: {"value": {inner: values[f"{key}.{inner}"] for inner in entry["parameters"]}}
        if "parameters" in entry
        else {"value": values[key]}
        for key, entry in config.raw["parameters"].items()
    }
    words = create_sweep_command_args({"args": arguments})["args_no_hyphens"]
    for known in (None, {key: entry["value"] for key, entry in arguments.items()}):
        point = adapt(command_line.read(words, known).values)
        assert compose(point.overrides).plain == compose(space.overrides(space.restrict(values))).plain
        assert {text.partition("=")[0] for text in point.aside} <= set(space.conditions)


def test_momentum_is_tuned_where_it_exists() -> None:
    path = next(path for path in SWEEPS if path.stem == "bayes")
    assert check(read(path), []).space.conditions == {
        "optimizer.momentum": {"optimizer": frozenset({"momentum"})}
    }


def test_the_grid_is_as_large_as_its_comment_says() -> None:
    path = next(path for path in SWEEPS if path.stem == "grid")
    assert read(path).space.size == 18
    assert "18 trials" in path.read_text(encoding="utf-8")


def test_the_quick_sweep_is_the_one_of_the_readme() -> None:
    config = read(next(path for path in SWEEPS if path.stem == "quick"))
    assert (config.method, config.run_cap) == ("bayes", 12)
    assert config.metric is not None
    assert (config.metric.name, config.metric.goal) == ("val/accuracy", "maximize")
