"""What a workspace is about, as read from a sweep's YAML, its histories, and the configs of runs."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from synthetic import make_sweep, make_trials

from swatch.compose import compose, groups
from swatch.errors import UserError
from swatch.report.workspace.sources import of_ledger, of_project, of_remote
from swatch.report.workspace.subject import (
    NETWORK_CURVES,
    Parameter,
    config_path,
    logged_curves,
    searched_parameters,
)
from swatch.tracking.remote_sweep import RemoteSweep
from wandb_server import WandbServer

GROUPS = ("optimizer", "scheduler", "model/head")


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("epochs", "epochs"),
        ("optimizer.learning_rate", "optimizer.learning_rate"),
        ("optimizer", "optimizer._target_"),
        ("model/head", "model.head._target_"),
        ("scheduler@warmup", "warmup._target_"),
        ("model", "model"),
    ],
)
def test_a_group_is_told_by_its_target(key: str, path: str) -> None:
    assert config_path(key, GROUPS) == path


@pytest.mark.parametrize("name", ["bayes", "grid", "quick", "random"])
def test_every_searched_key_of_the_shipped_sweeps_is_a_value_of_the_config(
    repository: Any, name: str
) -> None:
    sweep = yaml.safe_load((repository / "sweeps" / f"{name}.yaml").read_text())
    parameters = searched_parameters(sweep["parameters"], groups())
    assert parameters
    config = compose(["optimizer=momentum"]).plain
    for parameter in parameters:
        value: Any = config
        for part in parameter.path.split("."):
            value = value[part]
        assert not isinstance(value, dict), parameter


def test_constants_are_left_out_and_labels_are_short() -> None:
    found = searched_parameters(
        {
            "epochs": {"value": 3},
            "seed": {"values": [1]},
            "optimizer": {"values": ["adam", "sgd"]},
            "optimizer.learning_rate": {"distribution": "log_uniform_values", "min": 0.1, "max": 1},
            "model": {"parameters": {"depth": {"min": 1, "max": 3}, "width": {"value": 64}}},
        },
        GROUPS,
    )
    assert found == (
        Parameter("optimizer._target_", "optimizer"),
        Parameter("optimizer.learning_rate", "learning_rate", is_log=True),
        Parameter("model.depth", "depth"),
    )


def test_a_functions_metrics_are_sorted_into_sections() -> None:
    history = [{"epoch": 1, "step": 4, "timestamp": 1.0, "val/loss": 1.0, "note": "text", "score": 3}]
    later = [{"epoch": 1, "train/fold/loss": 2.0, "val/accuracy": 0.5, "good": True}]
    assert logged_curves([history, [], later]) == {
        "val": ("val/loss", "val/accuracy"),
        "metrics": ("score",),
        "train/fold": ("train/fold/loss",),
    }


def test_a_registered_sweep_is_found_by_its_id_there_and_another_by_its_group() -> None:
    remote = RemoteSweep("https://host", "me", "mine", "abcd1234")
    sweep, trials = make_sweep(), make_trials(4)
    there, nowhere = (of_ledger(sweep, trials, place, GROUPS) for place in (remote, None))
    assert there.members == ("Sweep", "abcd1234") and not there.notice
    assert nowhere.members == ("Group", sweep.id)
    assert f"`swatch sync {sweep.id}`" in nowhere.notice
    assert there.curves == NETWORK_CURVES and there.is_network and not there.has_norms
    assert [parameter.label for parameter in there.parameters][:2] == ["optimizer", "learning_rate"]
    assert there.text == sweep.yaml and (there.metric, there.goal) == ("val/accuracy", "maximize")


def test_norms_and_functions_are_told_from_the_histories() -> None:
    trials = make_trials(3)
    trials[1].history[0]["norm/weight/dense_1"] = 3.5
    assert of_ledger(make_sweep(), trials, None, GROUPS).has_norms
    function = of_ledger(make_sweep(function="module:train"), trials, None, GROUPS)
    assert not function.is_network
    # The keys of a function are its own, whatever config groups there are.
    assert function.parameters[0].path == "optimizer"
    assert function.curves["val"] == ("val/loss", "val/accuracy")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Any:
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def add_run(server: WandbServer, number: int, config: dict[str, Any]) -> None:
    run = server.store.create_run("someone", "swatch", f"run-{number}")
    run.wire_config = {key: {"value": value} for key, value in config.items()} | {"_wandb": {"value": {}}}


def test_a_projects_parameters_are_what_differs_among_its_runs(server: WandbServer) -> None:
    server.store.projects.append(("someone", "swatch"))
    for number in range(4):
        add_run(
            server,
            number,
            {
                "optimizer": {
                    "_target_": f"optimizer-{number // 2}",
                    "learning_rate": 0.1 * number,
                    # Only one of the two optimizers has it.
                    **({"momentum": 0.1 * number} if number > 1 else {}),
                },
                "tracking": {"mode": "online", "group": f"{number}", "norms": number == 2},
                "seed": 0,
                "model": {"hidden_sizes": [128]},
            },
        )
    subject = of_project(server.url, "someone", "swatch", metric="val/loss", goal="minimize")
    assert subject.parameters == (
        Parameter("optimizer.learning_rate", "learning_rate"),
        Parameter("optimizer._target_", "optimizer"),
    )
    assert subject.members is None and subject.has_norms and subject.title == "Swatch"


def test_an_empty_project_has_no_parameters(server: WandbServer) -> None:
    server.store.projects.append(("someone", "swatch"))
    subject = of_project(server.url, "someone", "swatch", metric="val/loss", goal="minimize")
    assert subject.parameters == () and not subject.has_norms


def test_a_sweep_of_wandbs_engine_is_read_from_the_server(server: WandbServer) -> None:
    from swatch.tracking.registration import register

    raw = {
        "method": "bayes",
        "metric": {"name": "val/loss"},
        "parameters": {"optimizer": {"values": ["adam", "sgd"]}, "seed": {"value": 3}},
    }
    remote = register(raw, entity=None, project="swatch", name=None, custom=False)
    subject = of_remote(remote, GROUPS)
    assert subject.members == ("Sweep", remote.sweep_id)
    assert (subject.metric, subject.goal) == ("val/loss", "minimize")
    assert subject.parameters == (Parameter("optimizer._target_", "optimizer"),)
    assert yaml.safe_load(subject.text)["method"] == "bayes"
    assert json.dumps(subject.text).count("seed") == 1

    with pytest.raises(UserError, match="no sweep someone/swatch/nowhere"):
        of_remote(RemoteSweep(server.url, "someone", "swatch", "nowhere"), GROUPS)
