"""Our searches under the real ``wandb sweep-scheduler``: its own optimizer asks, and its own command runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from swatch.sweep import run
from swatch.sweep.config import SweepConfig
from swatch.sweep.search import propose
from wandb_server import Run, WandbServer

SWEEP: dict[str, Any] = {
    "method": "custom",
    "program": "train.py",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {
        "x": {"min": 0.0, "max": 1.0},
        "opt": {"values": ["adam", "sgd"]},
        "epochs": {"value": 3},
    },
}
# What the command itself cannot translate, or what an Optuna study would not keep.
ANY: dict[str, Any] = {
    "x": {"distribution": "normal", "mu": 0.0, "sigma": 1.0},
    "layers": {"values": [[64, 32], None]},
    "model": {"parameters": {"size": {"values": [1, 2]}}},
}


@pytest.fixture
def source(repository: Path) -> str:
    return str(repository / "scripts" / "swatch_scheduler.py")


@pytest.fixture
def optimizer_of(source: str) -> Callable[..., Any]:
    """Builds the optimizer of a sweep as the command does."""
    from wandb.sdk.sweeps.scheduler.optimizer import make_optimizer
    from wandb.sdk.sweeps.sweep_info import SweepInfo

    def build(optimizer: str = "bayes", point: bool = False, **changes: Any) -> Any:
        scheduler = {"engine": "optuna", "source": source, "optimizer": optimizer}
        scheduler |= {"search_space": "point"} if point else {}
        config = {**SWEEP, "scheduler": scheduler, **changes}
        return make_optimizer(SweepInfo("abc", "abc", "me", "swatch", config, "controller"))

    return build


def told(suggestion: Any, state: str, *losses: float) -> Any:
    """What the command tells of a run."""
    from wandb.sdk.sweeps.run_state import RunState
    from wandb.sdk.sweeps.scheduler.optimizer import RunWithMetrics

    history = [{"_step": step, "loss": loss} for step, loss in enumerate(losses)]
    summary = {"loss": losses[-1]} if losses else {}
    return RunWithMetrics(suggestion.config, RunState(state), "r", summary, history)


def points(suggestions: Any) -> list[dict[str, Any]]:
    return [suggestion.config.flat_dict() for suggestion in suggestions]


@pytest.mark.parametrize("point", [False, True])
@pytest.mark.parametrize("method", ["random", "bayes"])
def test_the_command_asks_for_the_points_of_our_search(
    optimizer_of: Callable[..., Any], method: str, point: bool
) -> None:
    optimizer = optimizer_of(method, point, run_cap=12)
    space = SweepConfig.from_mapping({**SWEEP, "method": method}).space
    for _ in range(6):
        records = optimizer.study.sampler.records(optimizer.study)
        expected = propose(space, method, records, number=len(records), seed=0, count=12)
        assert isinstance(expected, dict)
        suggestions = optimizer.ask_n_runs(2)
        assert points(suggestions)[0] == space.full_point(expected)
        for suggestion in suggestions:
            loss = abs(suggestion.config["x"].value - 0.3)
            optimizer.tell_run(suggestion.run_id, told(suggestion, "running", loss + 1))
            optimizer.tell_run(suggestion.run_id, told(suggestion, "finished", loss + 1, loss))
    assert optimizer.ask_n_runs(2) == [], "the run cap is reached"


def test_any_distribution_and_nested_parameters(optimizer_of: Callable[..., Any]) -> None:
    import wandb

    optimizer = optimizer_of("random", True, parameters=ANY)
    space = SweepConfig.from_mapping({**SWEEP, "method": "random", "parameters": ANY}).space
    expected = [propose(space, "random", [], number=number, seed=0) for number in range(3)]
    assert points(optimizer.ask_n_runs(3)) == expected
    with pytest.raises(wandb.Error):
        optimizer_of("random", False, parameters=ANY)


def test_a_grid_ends_by_itself(optimizer_of: Callable[..., Any]) -> None:
    optimizer = optimizer_of("grid", parameters={"x": {"values": [1, 2, 3]}})
    assert points(optimizer.ask_n_runs(2)) == [{"x": 1}, {"x": 2}]
    assert points(optimizer.ask_n_runs(2)) == [{"x": 3}]
    assert optimizer.ask_n_runs(2) == []


@pytest.mark.parametrize("point", [False, True])
def test_the_command_may_be_started_again(optimizer_of: Callable[..., Any], point: bool) -> None:
    first = optimizer_of("grid", point, parameters={"x": {"values": [1, 2, 3, 4]}})
    finished, failed, active = first.ask_n_runs(3)
    again = optimizer_of("grid", point, parameters={"x": {"values": [1, 2, 3, 4]}})
    again.tell_existing_finished_run(told(finished, "finished", 0.5))
    again.tell_existing_finished_run(told(failed, "failed"))
    adopted = again.tell_existing_active_run(told(active, "running"))
    assert points(again.ask_n_runs(9)) == [{"x": 4}]
    again.tell_run(adopted, told(active, "finished", 0.25))
    records = again.study.sampler.records(again.study)
    assert [(record.point["x"], record.state.value, record.objective) for record in records] == [
        (1, "finished", 0.5),
        (2, "failed", None),
        (3, "finished", 0.25),
        (4, "running", None),
    ]


def test_hyperband_and_the_target_end_runs_and_the_sweep(optimizer_of: Callable[..., Any]) -> None:
    optimizer = optimizer_of(
        "random",
        early_terminate={"type": "hyperband", "min_iter": 2, "eta": 4},
        metric={"name": "loss", "goal": "minimize", "target": 0.01},
    )
    good, bad = optimizer.ask_n_runs(2)
    running = [told(good, "running", 0.5, 0.4), told(bad, "running", 0.9, 0.8)]
    for suggestion, run_told in zip((good, bad), running, strict=True):
        optimizer.tell_run(suggestion.run_id, run_told)
    assert optimizer.prune_runs([good.run_id, bad.run_id], running) == [bad.run_id]
    assert not optimizer.should_terminate_sweep()
    optimizer.tell_run(good.run_id, told(good, "finished", 0.5, 0.4, 0.009))
    assert optimizer.should_terminate_sweep()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": {"name": "loss", "goal": "smallest"}}, "unknown goal 'smallest'"),
        ({"optimizer": "grid"}, "a grid cannot visit every value of a continuous range"),
        ({"metric": None}, "the sweep needs a metric|method: bayes must know what is good"),
        ({"optimizer": "tpe"}, "has no attribute 'tpe'"),
    ],
)
def test_what_is_wrong_is_said_by_the_command(
    optimizer_of: Callable[..., Any], changes: dict[str, Any], message: str
) -> None:
    import wandb

    with pytest.raises(wandb.Error, match=message):
        optimizer_of(**changes)


def test_the_same_yaml_runs_on_our_engine() -> None:
    scheduler = {"engine": "optuna", "source": "anywhere/swatch_scheduler.py", "optimizer": "grid"}
    sweep = {**SWEEP, "scheduler": scheduler, "parameters": {"x": {"values": [3, 1, 2]}}}
    result = run(sweep, lambda parameters: float(parameters["x"]), tracking="disabled")
    assert (result.sweep.method, result.parameters) == ("grid", {"x": 1})
    assert len(result.trials) == 3


TRAIN = """
import time, wandb
run = wandb.init()
for epoch in range(3):
    run.log({"loss": abs(run.config["x"] - 0.3) + 1 / (epoch + 1)})
run.finish()
"""


@pytest.mark.slow
def test_the_real_command_fills_the_queue_of_real_agents(tmp_path: Path, repository: Path) -> None:
    scheduler = {"engine": "optuna", "source": "swatch_scheduler.py", "optimizer": "bayes"}
    scheduler["search_space"] = "point"
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({**SWEEP, "run_cap": 6, "scheduler": scheduler}))
    (tmp_path / "train.py").write_text(TRAIN)
    shutil.copy(repository / "scripts" / "swatch_scheduler.py", tmp_path)
    with WandbServer() as server, _commands(server) as wandb:
        wandb("sweep", "--project", "swatch", "sweep.yaml").communicate(timeout=60)
        (sweep,) = server.sweeps.values()
        path = f"{sweep.entity}/{sweep.project}/{sweep.id}"
        arguments = ("sweep-scheduler", "--batch-size", "2", "--poll-interval", "0.5", path)
        first, agent = wandb(*arguments), wandb("agent", path)
        server.wait(lambda: len(_finished(server, sweep.id)) >= 2, seconds=90)
        first.send_signal(signal.SIGINT)
        out = first.communicate(timeout=60)[0]
        assert first.returncode == 0 and "the sweep can be resumed" in out, out
        second = wandb(*arguments)
        out = second.communicate(timeout=120)[0]
        assert second.returncode == 0, out
        agent.communicate(timeout=60)
        runs = _finished(server, sweep.id)
        assert len(runs) == 6 and len({run.config["x"] for run in runs}) == 6
        assert server.sweeps[sweep.id].state == "FINISHED"
        assert not server.unexpected
    # The client sends the keys in the order of the alphabet.
    parameters = dict(sorted(SWEEP["parameters"].items()))
    space = SweepConfig.from_mapping({**SWEEP, "method": "bayes", "parameters": parameters}).space
    begin = propose(space, "bayes", [], number=0, seed=0, count=6)
    assert isinstance(begin, dict)
    assert runs[0].config == {**begin, "epochs": 3}


def _finished(server: WandbServer, sweep_id: str) -> list[Run]:
    return [run for run in server.runs_of(sweep_id) if run.state == "finished"]


@contextmanager
def _commands(server: WandbServer) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts wandb's commands beside the test; those that it forgets are killed."""
    binaries = Path(sys.executable).parent
    environment = {**os.environ, **server.environment, "PATH": f"{binaries}:{os.environ['PATH']}"}
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(binaries / "wandb"), *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
            process.communicate()
