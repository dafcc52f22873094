"""W&B's own command line against its protocol: `wandb sweep` and `wandb agent` run scripts/train.py.

The client sleeps for five seconds after every run, so all of this is slow.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from wandb_engine_cases import (
    GRID,
    REPOSITORY,
    finish,
    members,
    register,
    started,
    swatch_sweep,
    training,
    wait_for,
    wandb,
    write_project,
)

from wandb_server import Run, WandbServer

# One after the other: several agents at once are more than two cores start in time.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("agents")]

# The one with everything in it; tests/end_to_end runs them all.
SWEEP = REPOSITORY / "sweeps" / "bayes.yaml"
# Three of eight, as processes; test_wandb_engine_point.py has all of them, by the client's own functions.
MACROS = ("${args}", "${args_no_boolean_flags}", "${args_json_file}")
LONG = GRID.replace("epochs: {value: 2}", "epochs: {value: 100000}")


@pytest.fixture
def server() -> Iterator[WandbServer]:
    with WandbServer() as server:
        yield server


@pytest.fixture(autouse=True)
def project(tmp_path: Path) -> None:
    write_project(tmp_path)


def agent_command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / "wandb"), "agent", *arguments]


def summary_of(tmp_path: Path, run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((tmp_path / "runs" / run.id / "summary.json").read_text())
    return found


def test_a_shipped_sweep_runs_as_it_stands(tmp_path: Path, server: WandbServer) -> None:
    path = SWEEP
    sweep = register(server, str(path))
    done = wandb(server, "agent", "--count", "2", sweep)
    assert done.returncode == 0, done.stderr
    runs = members(server)
    assert [run.state for run in runs] == ["finished", "finished"], done.stderr
    config = yaml.safe_load(path.read_text())
    for run, point in zip(runs, server.sweeps[sweep.rpartition("/")[2]].given, strict=True):
        status = summary_of(tmp_path, run)["status"]
        assert status in ("finished", "stopped")
        assert run.exit_code == 0
        assert run.sweep == sweep.rpartition("/")[2]
        assert (run.entity, run.project) == tuple(sweep.split("/")[:2])
        # The resolved config, once: the file of the run directory, value for value.
        stored = yaml.safe_load((tmp_path / "runs" / run.id / "config.yaml").read_text())
        assert run.config == stored
        for key, value in flat(point):
            assert value_at(stored, key) in (value, None), f"{key} is {value_at(stored, key)}, not {value}"
        assert run.summary["status"] == status
        epochs = [row["epoch"] for row in run.history]
        assert epochs == list(range(1, len(epochs) + 1))
        assert status == "stopped" or epochs[-1] == config["parameters"]["epochs"]["value"]
    with WandbServer() as other:
        # A new server with the same seed gives out the same points.
        arguments = ["--resume", register(other, str(path)), "--count", "2", "paths.runs=elsewhere"]
        again = swatch_sweep(other, *arguments)
        assert again.returncode == 0, again.stderr
        for run, twin in zip(runs, members(other), strict=True):
            (config, history), (config_of_twin, history_of_twin) = comparable(run), comparable(twin)
            assert config_of_twin == config
            # When the server's early stopping strikes is a matter of time.
            for one, two in zip(history, history_of_twin, strict=False):
                assert one == two
            assert (twin.state, twin.exit_code) == (run.state, run.exit_code)
            assert twin.sweep == other.sweeps[twin.sweep or ""].id


def comparable(run: Run) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a run's config and history, without where it was, when, and how it was watched."""
    config = {key: value for key, value in run.config.items() if key not in ("tracking", "paths")}
    config["training"] = {key: value for key, value in config["training"].items() if key != "progress"}
    clocks = ("_runtime", "_timestamp", "seconds", "samples_per_second", "timestamp")
    history = [
        {key: value for key, value in row.items() if isinstance(value, float) and key not in clocks}
        for row in run.history
    ]
    return config, history


def flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def value_at(config: dict[str, Any], key: str) -> Any:
    """Return the value of a key; None for a group, whose choice is in what it holds, and for no such key."""
    node: Any = config
    for part in key.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return None if isinstance(node, dict) else node


def test_macros_hand_over_every_kind_of_value(tmp_path: Path, server: WandbServer) -> None:
    values = {
        "epochs": 1,
        "run.notes": "a=b, 'c' \"d\" [e] {f} é",
        "run.tags": ["True", "1e-05", "x y", "None"],
        "run.name": "true",
        "training.checkpoint": False,
        "training.early_stopping": {"patience": None, "min_delta": 0.5},
        "optimizer": "momentum",
        "optimizer.learning_rate": 1e-05,
        "tracking.group": None,
        "model": {"hidden_sizes": [16, 8]},
    }
    seen = []
    for macro in MACROS:
        sweep = {
            "program": "scripts/train.py",
            "command": ["${env}", "${interpreter}", "${program}", "data.limit=200", macro, "seed=7"],
            "method": "grid",
            "parameters": {key: {"value": value} for key, value in values.items()},
        }
        file = tmp_path / "sweep.yaml"
        file.write_text(yaml.safe_dump(sweep))
        path = register(server, str(file))
        done = wandb(server, "agent", "--count", "1", path)
        [run] = server.runs_of(path.rpartition("/")[2])
        assert run.state == "finished", f"{macro}: {done.stderr}"
        seen.append(run.config)
    for config, macro in zip(seen, MACROS, strict=True):
        assert config["run"]["notes"] == values["run.notes"], macro
        assert config["run"]["tags"] == values["run.tags"], macro
        assert config["run"]["name"] == "true", macro
        assert config["training"]["checkpoint"] is False, macro
        assert config["training"]["early_stopping"] == values["training.early_stopping"], macro
        assert config["optimizer"]["learning_rate"] == 1e-05, macro
        assert (config["data"]["limit"], config["seed"]) == (200, 7), macro
    assert seen == [seen[0]] * len(MACROS)


def test_a_stop_from_the_server_is_a_good_end(tmp_path: Path, server: WandbServer) -> None:
    (tmp_path / "long.yaml").write_text(LONG)
    path = register(server, "long.yaml")
    with started(server, agent_command("--count", "1", path)) as process:
        wait_for(lambda: training(server), "a run", process)
        [run] = members(server)
        asked = time.monotonic()
        server.stop_run(run.id)
        wait_for(lambda: run.state == "finished", "its end", process)
        assert time.monotonic() - asked < 12
        code, _, err = finish(process)
    assert code == 0, err
    assert run.exit_code == 0
    summary = summary_of(tmp_path, run)
    assert summary["status"] == "stopped"
    assert run.summary["status"] == "stopped"
    assert run.summary["val/accuracy"] == summary["best"]["val/accuracy"]
    assert (tmp_path / "runs" / run.id / "model.npz").exists()


def test_a_run_that_is_handed_out_again_goes_on(tmp_path: Path, server: WandbServer) -> None:
    (tmp_path / "long.yaml").write_text(LONG)
    path = register(server, "long.yaml")
    with started(server, agent_command("--count", "1", path)) as process:
        wait_for(lambda: training(server) and len(training(server)[0].history) > 2, "a run", process)
        [run] = members(server)
        os.killpg(process.pid, signal.SIGKILL)
        # The agent gives its programs a group of their own: a machine that fails takes them along.
        kill_programs(run.id)
    reached = run.history[-1]["epoch"]
    sweep = server.sweeps[path.rpartition("/")[2]]
    with server.store.lock:
        run.state = "preempted"
        sweep.queue.append(run.id)
    with started(server, agent_command("--count", "1", path)) as process:
        wait_for(
            lambda: run.starts == 2 and run.history and run.history[-1]["epoch"] > reached, "more", process
        )
        server.stop_run(run.id)
        code, _, err = finish(process)
    assert code == 0, err
    assert f"run {run.id} goes on at epoch" in err, err[:3000]
    assert members(server) == [run]
    epochs = [row["epoch"] for row in run.history]
    assert epochs == list(range(1, len(epochs) + 1)), "every epoch once"
    assert run.state == "finished"


def kill_programs(run_id: str) -> None:
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            own = f"WANDB_RUN_ID={run_id}".encode() in path.read_bytes().split(b"\0")
        except OSError:
            continue
        if own:
            os.kill(int(path.parent.name), signal.SIGKILL)


@pytest.mark.parametrize(
    ("change", "said", "state"),
    [
        # Two points, as the agent may kill the last program before it has said its last words.
        (("[0.001, 0.01]", "[1.0e+30, 2.0e+30]"), "swatch: the run failed: diverged", "failed"),
        (
            ("optimizer.learning_rate:", "optimizer.learning_rte:"),
            "Did you mean 'optimizer.learning_rate'",
            "crashed",
        ),
    ],
    ids=["diverges", "typo"],
)
def test_exit_codes_of_what_fails(
    tmp_path: Path, server: WandbServer, change: tuple[str, str], said: str, state: str
) -> None:
    """The agent goes by them: three failures within a minute end it."""
    (tmp_path / "bad.yaml").write_text(GRID.replace("adam, momentum", "momentum").replace(*change))
    path = register(server, "bad.yaml")
    done = wandb(server, "agent", path)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert {run.state for run in members(server)} == {state}, done.stderr
