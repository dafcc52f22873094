"""Composition: what comes out, that remembering changes nothing, and that it is fast enough for agents."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hydra import compose as hydra_compose
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf, open_dict

from swatch.compose import Composition, compose, config_keys, groups, has_key, nearest_key
from swatch.compose.engine import _bases
from swatch.compose.locations import ROOT_CONFIG, find, shipped_folder
from swatch.compose.session import session

OVERRIDES = [
    [],
    ["epochs=3", "seed=7"],
    ["optimizer=sgd", "optimizer.learning_rate=3e-4"],
    ["model.hidden_sizes=[32,16]", "optimizer=momentum", "optimizer.momentum=0.8"],
    ["experiment=quick", "epochs=4", "run.tags=[a,b]"],
    ["run.notes='a, b = c'", "training.early_stopping={patience:3}"],
    ["training.monitor=val/loss", "tracking.mode=offline"],
    ["epochs=2", "epochs=5", "++run.notes=x", "scheduler=cosine"],
]


@pytest.mark.parametrize("texts", OVERRIDES, ids=" ".join)
def test_equals_what_hydra_composes(texts: list[str]) -> None:
    ours = compose(texts)
    with session(find()):
        theirs = hydra_compose(ROOT_CONFIG, texts)
    assert OmegaConf.to_container(ours.config) == OmegaConf.to_container(theirs)
    assert ours.overrides == tuple(texts)


def test_default_recipe_is_typed() -> None:
    composition = compose()
    settings = composition.settings
    assert settings.training.monitor == "val/accuracy"
    assert settings.training.goal == "maximize"
    assert settings.training.threads == 1
    assert settings.tracking.mode == "auto"
    assert composition.choices["optimizer"] == "adam"
    assert "experiment" not in composition.choices
    assert composition.plain["epochs"] == settings.epochs == composition.config.epochs


def test_the_goal_follows_the_monitored_metric() -> None:
    assert compose(["training.monitor=val/loss"]).settings.training.goal == "minimize"
    assert compose(["training.monitor=val/loss", "training.goal=maximize"]).config.training.goal == "maximize"


def test_runs_go_to_swatch_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWATCH_HOME", "/elsewhere")
    assert compose().settings.paths.runs == "/elsewhere"
    monkeypatch.delenv("SWATCH_HOME")
    assert compose().settings.paths.runs == "runs"


def test_whole_numbers_may_come_as_floats() -> None:
    config = compose(["epochs=3.0", "training.early_stopping.min_delta=1", "run.id=17"]).config
    assert (config.epochs, type(config.epochs)) == (3, int)
    assert type(config.training.early_stopping.min_delta) is float
    assert config.run.id == "17"


def test_compositions_do_not_share_state() -> None:
    first, second = compose(["seed=1"]), compose(["seed=2"])
    with open_dict(first.config):
        first.config.model.hidden_sizes = [1]
        first.config.training.monitor = "train/loss"
    assert second.config.model.hidden_sizes != [1]
    assert compose(["seed=1"]).config.training.monitor == "val/accuracy"


def test_the_experiment_goes_over_the_recipe_and_under_the_command_line() -> None:
    assert compose(["experiment=quick"]).settings.epochs == 2
    assert compose(["experiment=quick"]).settings.run.tags == ["quick"]
    assert compose(["epochs=9", "experiment=quick"]).settings.epochs == 9
    assert compose(["experiment=quick"]).choices["experiment"] == "quick"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    choice = tmp_path / "conf" / "optimizer" / "mine.yaml"
    choice.parent.mkdir(parents=True)
    choice.write_text("_target_: swatch.optim.sgd.SGD\nlearning_rate: 0.5\n")
    assert compose(["optimizer=mine"]).config.optimizer.learning_rate == 0.5
    choice.write_text("_target_: swatch.optim.sgd.SGD\nlearning_rate: 0.25\n")
    assert compose(["optimizer=mine"]).config.optimizer.learning_rate == 0.25


def test_remembers_a_bounded_number_of_bases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swatch.compose.engine._MOST_BASES", 2)
    folder = tmp_path / "conf" / "experiment"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"e{number}.yaml").write_text(f"# @package _global_\nseed: {number}\n")
        assert compose([f"experiment=e{number}"]).settings.seed == number
    assert len(_bases) == 2


def test_leaves_an_outer_hydra_alone() -> None:
    with session(find()) as outer:
        loader = outer.config_loader()
        compose(["model.activation=tanh", "optimizer=sgd", "scheduler=constant", "loss=cross_entropy"])
        assert GlobalHydra.instance().config_loader() is loader
    assert not GlobalHydra.instance().is_initialized()


def test_groups_and_keys() -> None:
    assert {"adam", "momentum", "sgd"} <= set(groups()["optimizer"])
    assert "hydra/help" not in groups()
    config = compose().config
    assert has_key(config, "optimizer.learning_rate")
    assert has_key(config, "training.early_stopping")
    assert has_key(config, "model.hidden_sizes.0")
    assert not has_key(config, "model.hidden_sizes.9")
    assert not has_key(config, "optimizer.momentum")
    assert "training.early_stopping.patience" in config_keys(config)
    assert "training.early_stopping" not in config_keys(config)


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("optimizer.learning_rte", "optimizer.learning_rate"),
        ("learning_rate", "optimizer.learning_rate"),
        ("batchsize", "batch_size"),
        ("epoch", "epochs"),
        ("optimizer.lr", "optimizer.learning_rate"),
        ("wd", "optimizer.weight_decay"),
        ("model.sizes", "model.hidden_sizes"),
        ("model.learning_rate", "optimizer.learning_rate"),
        ("optimizer.nesterov", None),
        ("zzzzz", None),
    ],
)
def test_nearest_key(key: str, nearest: str | None) -> None:
    assert nearest_key(key, config_keys(compose().config)) == nearest


def test_repeated_composition_is_fast() -> None:
    """An agent composes once a trial; the promise is 50 ms of CPU time, the margin is for other machines."""
    texts = ["optimizer=adam", "optimizer.learning_rate=3e-4", "model.hidden_sizes=[64,32]", "batch_size=64"]
    compose(texts)
    start = time.process_time()
    for number in range(10):
        compose([*texts, f"seed={number}"])
    assert (time.process_time() - start) / 10 < 0.05


def test_composing_does_not_import_numpy() -> None:
    """The number of BLAS threads comes from the config and must be set before NumPy is imported."""
    program = (
        "import sys; from swatch.compose import compose; compose(['optimizer=sgd', 'training.threads=2']); "
        "sys.exit('numpy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_shipped_folder_is_the_checkouts(repository: Path) -> None:
    assert shipped_folder() == repository / "conf"


def test_every_choice_composes() -> None:
    for group, choices in groups().items():
        for choice in choices:
            composition = compose([f"{group}={choice}"])
            assert isinstance(composition, Composition)
            assert composition.choices[group] == choice
