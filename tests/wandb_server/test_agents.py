"""The real agents and the real scheduler, which sleep five seconds between any two steps."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from wandb_server import WandbServer

pytestmark = pytest.mark.slow
PROGRAM = """
import os, sys, time
import wandb
run = wandb.init()
for epoch in range(int(os.environ.get("EPOCHS", "2"))):
    run.log({"epoch": epoch, "val/accuracy": run.config["x"] / (epoch + 1)})
    time.sleep(0.1)
run.finish()
"""
FUNCTION = """
import sys, time
import wandb
def train():
    run = wandb.init()
    for epoch in range(300):
        run.log({"val/accuracy": epoch})
        time.sleep(0.1)
wandb.agent(sys.argv[1], train, count=1)
"""
OPTIMIZER = """
import optuna
def make(sweep):
    return optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1))
"""
GRID = {
    "program": "program.py",
    "name": "tiny",
    "method": "grid",
    "metric": {"name": "val/accuracy", "goal": "maximize"},
    "parameters": {"x": {"values": [1, 2]}},
}
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(server: WandbServer, tmp_path: Path) -> Iterator[Start]:
    """Starts a command in the background; whatever still runs at the end is killed."""
    for name, text in {"program.py": PROGRAM, "function.py": FUNCTION, "optimizer.py": OPTIMIZER}.items():
        (tmp_path / name).write_text(text)
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, **variables: str) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL": "0.5",
            **variables,
        }
        output = (tmp_path / f"output{len(started)}").open("w")
        process = subprocess.Popen(
            arguments, env=environment, cwd=tmp_path, stdout=output, stderr=output, text=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def sweep(server: WandbServer, command: Any, tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    def create(config: dict[str, Any]) -> str:
        (tmp_path / "sweep.yaml").write_text(yaml.dump(config))
        command("wandb", "sweep", "--project", "p", "sweep.yaml")
        return f"someone/p/{list(server.sweeps)[-1]}"

    return create


def test_a_grid_by_a_program(server: WandbServer, client: Any, start: Start, sweep: Any) -> None:
    path = sweep(GRID)
    assert start("wandb", "agent", path).wait(90) == 0
    runs = server.runs_of(path.rsplit("/")[-1])
    assert [(run.config, run.state, run.starts) for run in runs] == [
        ({"x": 1}, "finished", 1),
        ({"x": 2}, "finished", 1),
    ]
    found = client.Api().sweep(path)
    assert (found.state, found.best_run().config) == ("FINISHED", {"x": 2})
    (agent,) = found.agents()
    assert [run.id for run in agent.runs()] == [run.id for run in runs]
    assert server.unexpected == []
    assert server.unknown_fields == set()


def test_counting_agents_stop_by_themselves(server: WandbServer, start: Start, sweep: Any) -> None:
    path = sweep({**GRID, "method": "random"})
    agents = [start("wandb", "agent", "--count", "1", path) for _ in range(2)]
    assert [agent.wait(90) for agent in agents] == [0, 0]
    assert [run.state for run in server.runs.values()] == ["finished", "finished"]


def test_a_program_is_stopped_and_a_sweep_cancelled(server: WandbServer, start: Start, sweep: Any) -> None:
    path = sweep({**GRID, "method": "random"})
    agent = start("wandb", "agent", path, EPOCHS="600")
    server.wait(lambda: any(len(run.history) > 2 for run in server.runs.values()), 60)
    (first,) = server.runs.values()
    server.stop_run(first.id)
    server.wait(lambda: len(server.runs) == 2, 60)
    # SIGTERM ends this program in the middle: nothing is said to the server at its end.
    assert (first.state, first.exit_code) == ("killed", None)
    server.cancel_sweep(path.rsplit("/")[-1])
    assert agent.wait(60) == 0


def test_a_function_is_stopped_by_an_exception(server: WandbServer, start: Start, sweep: Any) -> None:
    path = sweep({**GRID, "method": "random"})
    agent = start(sys.executable, "function.py", path)
    server.wait(lambda: any(len(run.history) > 2 for run in server.runs.values()), 60)
    (run,) = server.runs.values()
    server.stop_run(run.id)
    server.wait(lambda: run.state != "running", 60)
    assert (run.state, run.exit_code) == ("failed", 1)
    agent.wait(60)


def test_the_scheduler_command(server: WandbServer, start: Start, sweep: Any, tmp_path: Path) -> None:
    scheduler = {"engine": "optuna", "source": "optimizer.py", "optimizer": "make"}
    parameters = {"x": {"min": 0.0, "max": 1.0}}
    path = sweep({**GRID, "method": "custom", "run_cap": 2, "scheduler": scheduler, "parameters": parameters})
    drives = start("wandb", "sweep-scheduler", path)
    server.wait(lambda: any(run.sweep for run in server.runs.values()), 60)
    assert start("wandb", "agent", path).wait(90) == 0
    assert drives.wait(60) == 0, (tmp_path / "output0").read_text()
    states = [run.state for run in server.runs_of(path.rsplit("/")[-1])]
    assert states.count("finished") == 2
    assert server.unexpected == []
    assert server.unknown_fields == set()
