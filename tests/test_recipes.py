"""The recipes and their searches: what docs/recipes.md names is there, trains and can be measured."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from swatch.compose import compose
from swatch.sweep.config import SweepConfig
from swatch.sweep.network.validation import check
from swatch.sweep.search import propose
from swatch.training.rehearsal import rehearse
from swatch.training.run import train

ROOT = Path(__file__).resolve().parent.parent
RECIPES = ["fast_mlp", "best_mlp", "fast_cnn", "best_cnn", "long_cnn"]
SEARCHES = sorted((ROOT / "sweeps" / "recipes").glob("*.yaml"))
# One or two steps of a recipe on a few images.
SHORT = ["epochs=1", "data.limit=200", "training.evaluation_batch_size=20"]

each_recipe: Callable[..., Any] = pytest.mark.parametrize("name", RECIPES)
each_search: Callable[..., Any] = pytest.mark.parametrize("path", SEARCHES, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")


@each_recipe
def test_a_recipe_is_rehearsed_for_a_step_or_two(name: str, slice_overrides: list[str]) -> None:
    composition = compose([*slice_overrides, f"experiment={name}", *SHORT])
    rehearse(composition)
    result = train(composition)
    assert (result.status, len(result.history)) == ("finished", 1)
    assert 1 <= result.history[0]["step"] <= 2


@each_recipe
def test_a_recipe_leaves_the_split_and_the_choice_of_the_best_epoch_alone(name: str) -> None:
    plain, default = compose([f"experiment={name}"]).plain, compose([]).plain
    assert plain["data"] == default["data"]
    assert plain["training"]["monitor"] == "val/accuracy"
    assert plain["training"]["threads"] == 1


@each_recipe
def test_the_page_names_a_recipe_and_how_to_run_it(name: str, page: str) -> None:
    assert f"swatch train experiment={name}" in page
    assert re.search(rf"^\| `{name}` \|", page, re.MULTILINE), f"no row of the table begins with `{name}`"


def test_the_page_names_every_search_and_augmentation_that_exists(page: str) -> None:
    assert SEARCHES
    assert set(re.findall(r"sweeps/recipes/(\w+)\.yaml", page)) == {path.stem for path in SEARCHES}
    for name in re.findall(r"augmentation=(\w+)", page):
        compose([f"augmentation={name}"])


@each_search
def test_a_search_is_a_sweep_of_wandb(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    config = SweepConfig.from_yaml(text, path.name)
    assert config.notices == ()
    assert (config.name, config.program, config.method) == (path.stem, "scripts/train.py", "bayes")
    assert config.command == ("${env}", "${interpreter}", "${program}", "${args_no_hyphens}")
    assert yaml.safe_load(text) == config.raw


@each_search
def test_a_shortened_search_trains(path: Path, slice_overrides: list[str]) -> None:
    config = SweepConfig.from_yaml(path.read_text(encoding="utf-8"), path.name)
    checked = check(config, [])
    assert checked.notices == ()
    point = propose(checked.space, config.method, [], number=0, seed=0, goal="maximize")
    assert isinstance(point, dict)
    result = train(compose([*checked.space.overrides(point), *slice_overrides, *SHORT]))
    assert result.status == "finished"


def measure(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "measure_recipe.py"), *words]
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)


def test_a_recipe_is_measured(tmp_path: Path, slice_overrides: list[str]) -> None:
    file, runs = tmp_path / "measured.json", tmp_path / "kept"
    words = [*slice_overrides[:2], "epochs=2", "data.limit=200", "--seeds", "2"]
    done = measure("fast_mlp", *words, "--json", str(file), "--runs", str(runs))
    assert done.returncode == 0, done.stderr
    [result] = json.loads(file.read_text())["results"]
    assert result["recipe"] == "fast_mlp"
    assert [row["seed"] for row in result["seeds"]] == [0, 1]
    for row in result["seeds"]:
        summary = json.loads((runs / f"fast_mlp-{row['seed']}" / "summary.json").read_text())
        [reading] = json.loads((runs / f"fast_mlp-{row['seed']}" / "evaluations.json").read_text())
        assert summary["seed"] == row["seed"]
        assert row["validation"] == pytest.approx(100 * summary["best"]["val/accuracy"])
        assert (reading["split"], reading["images"]) == ("test", 500)
        assert row["test"] == pytest.approx(100 * reading["metrics"]["accuracy"])
        assert 0 < row["training"] < row["process"]
    for column in ("training", "validation", "test"):
        first, second = (row[column] for row in result["seeds"])
        assert result["mean"][column] == pytest.approx((first + second) / 2)
        assert result["deviation"][column] == pytest.approx(abs(first - second) / 2**0.5)
    assert f"{result['mean']['test']:.2f}" in done.stdout


def test_the_test_set_can_be_left_unread(tmp_path: Path, slice_overrides: list[str]) -> None:
    runs = tmp_path / "kept"
    words = [*slice_overrides[:2], "epochs=1", "data.limit=200", "--seeds", "1", "--without-test"]
    done = measure("fast_mlp", "augmentation=none", *words, "--runs", str(runs))
    assert done.returncode == 0, done.stderr
    assert "fast_mlp augmentation=none" in done.stdout
    assert not (runs / "fast_mlp-0" / "evaluations.json").exists()


def test_a_recipe_that_is_not_there_ends_it_with_the_nearest_name() -> None:
    done = measure("fast_mpl", "--seeds", "1")
    assert done.returncode == 2
    assert "fast_mlp" in done.stderr
