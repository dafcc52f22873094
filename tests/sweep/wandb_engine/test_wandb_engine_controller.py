"""The controller of W&B's engine: workers that die, runs that fail, how many runs are asked for."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from wandb_engine_cases import write_project

from swatch.errors import Interrupted, RunFailed, UserError
from swatch.sweep.records import TrialRecord
from swatch.sweep.wandb_engine import link, slot
from swatch.sweep.wandb_engine.controller import ServerController
from swatch.sweep.wandb_engine.opening import OpenServerSweep, ServerRequest, open_sweep, reopen_sweep
from swatch.sweep.wandb_engine.task import Task
from wandb_server import WandbServer

SWEEP = """
method: grid
metric: {name: val/accuracy, goal: maximize}
parameters: {seed: {values: [1, 2, 3, 4]}}
"""
Act = Callable[["FakeWorker", str], None]


class FakeWorker:
    """Stands in for a worker's process; what it does with a run is the test's choice."""

    act: Act
    started: list[FakeWorker]
    is_ready = True

    def __init__(self, task: Task, log_file: Path, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self.task, self.log_file, self.tell = task, log_file, tell
        self.trained: list[str] = []
        type(self).started.append(self)
        if type(self).is_ready:
            tell({"kind": "ready"})
        else:
            self.exit(1)

    def train(self, run_id: str, values: Mapping[str, Any]) -> None:
        self.trained.append(run_id)
        type(self).act(self, run_id)

    def end(self, run_id: str, status: str = "finished", reason: str | None = None) -> None:
        self.tell({"kind": "ended", "run_id": run_id, "status": status, "reason": reason})

    def exit(self, code: int) -> None:
        self.tell({"kind": "exit", "code": code})

    def stop(self, run_id: str) -> None:
        self.end(run_id, "stopped", "told so")

    def leave(self) -> None:
        self.exit(0)

    def kill(self) -> None:
        self.exit(-9)

    def last_words(self) -> str:
        return "ImportError: gone"


class Screen:
    """Remembers what the user was told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def update(self, trials: Sequence[TrialRecord], *, agents: int, stopping: bool) -> None:
        pass

    def say(self, text: str) -> None:
        self.said.append(text)

    def close(self) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def opened(server: WandbServer, tmp_path: Path) -> OpenServerSweep:
    write_project(tmp_path)
    return open_sweep(SWEEP, "small.yaml", ServerRequest())


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def control(
    opened: OpenServerSweep, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., OpenServerSweep]:
    """Run the sweep with fake workers."""

    def run(act: Act, *, agents: int = 1, is_ready: bool = True, **changes: Any) -> OpenServerSweep:
        worker = type(
            "Worker", (FakeWorker,), {"act": staticmethod(act), "started": [], "is_ready": is_ready}
        )
        monkeypatch.setattr(slot, "WorkerProcess", worker)
        monkeypatch.setattr(link, "LEAST_BUSY_PAUSE", 0.02)
        changed = replace(opened, **changes)
        ServerController(changed, agents=agents, display=screen).run()
        return changed

    return run


def states(opened: OpenServerSweep) -> list[str]:
    return [str(trial.state) for trial in opened.trials.records]


def finish(worker: FakeWorker, run_id: str) -> None:
    worker.end(run_id)


@pytest.mark.parametrize(("wanted", "agents", "runs"), [(None, 1, 4), (3, 1, 3), (2, 4, 2), (9, 3, 4)])
def test_as_many_runs_as_were_asked_for(
    server: WandbServer,
    control: Callable[..., OpenServerSweep],
    wanted: int | None,
    agents: int,
    runs: int,
) -> None:
    done = control(finish, agents=agents, wanted=wanted)
    assert states(done) == ["finished"] * runs
    assert len(server.runs) == runs, "no run was asked for that nobody trains"
    assert len(server.store.agents) <= min(agents, runs)


def test_a_machine_where_nothing_starts_gets_no_run(
    server: WandbServer, control: Callable[..., OpenServerSweep]
) -> None:
    with pytest.raises(
        RunFailed, match=r"3 workers in a row died before they were ready \(exit code 1: ImportError"
    ):
        control(finish, is_ready=False)
    assert server.runs == {}


def test_a_run_whose_worker_dies_is_tried_again_but_not_for_ever(
    control: Callable[..., OpenServerSweep], screen: Screen
) -> None:
    def die_at_first(worker: FakeWorker, run_id: str) -> None:
        begun.append(run_id)
        if run_id == begun[0] and begun.count(run_id) <= 5:
            if begun.count(run_id) == 2:
                worker.tell({"kind": "epoch", "run_id": run_id, "record": {"epoch": 1, "val/accuracy": 0.5}})
            worker.exit(-11)
        else:
            worker.end(run_id)

    begun: list[str] = []
    done = control(die_at_first, retries=2, wanted=2)
    assert begun == [begun[0]] * 4 + [begun[-1]], "an epoch between two deaths is progress"
    first, second = done.trials.records
    assert (first.state, first.reason) == ("crashed", "its process died 3 times (killed by SIGSEGV)")
    assert (first.attempts, first.objective) == (4, 0.5)
    assert second.state == "finished"
    assert sum("another takes its place" in line for line in screen.said) == 4


def test_an_agent_whose_runs_all_fail_gives_up(
    server: WandbServer, control: Callable[..., OpenServerSweep], opened: OpenServerSweep
) -> None:
    with pytest.raises(RunFailed, match=r"every agent gave up \(2 runs in a row failed: no reason at all\)"):
        control(
            lambda worker, run_id: worker.end(run_id, "failed", "no reason at all"),
            max_consecutive_failures=2,
        )
    assert states(opened) == ["failed", "failed"]
    assert len(server.runs) == 2


def test_diverged_runs_are_no_reason_to_give_up(control: Callable[..., OpenServerSweep]) -> None:
    done = control(
        lambda worker, run_id: worker.end(run_id, "failed", "diverged: loss is nan"),
        max_consecutive_failures=2,
    )
    assert states(done) == ["failed"] * 4


def test_a_full_disk_ends_it_and_loses_nothing(
    control: Callable[..., OpenServerSweep], opened: OpenServerSweep
) -> None:
    def fill_the_disk(worker: FakeWorker, run_id: str) -> None:
        worker.tell({"kind": "fatal", "reason": "no space left"})
        worker.exit(2)

    with pytest.raises(UserError, match="no space left"):
        control(fill_the_disk)
    assert states(opened) == ["waiting"]


def test_ctrl_c_keeps_the_run_for_the_next_start(
    server: WandbServer, control: Callable[..., OpenServerSweep], opened: OpenServerSweep
) -> None:
    def interrupt(worker: FakeWorker, run_id: str) -> None:
        worker.leave = lambda: (worker.end(run_id, "interrupted", "the agent ends"), worker.exit(0))  # type: ignore[method-assign, func-returns-value, assignment]
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(
        Interrupted, match=f"--resume {opened.remote.path} .or: wandb agent {opened.remote.path}"
    ):
        control(interrupt)
    assert states(opened) == ["waiting"]
    [before] = opened.trials.records

    again = reopen_sweep(opened.remote.path, ServerRequest(count=1))
    assert again.goes_on and again.task == opened.task
    done = control(finish, trials=again.trials, wanted=1)
    [after] = done.trials.records
    assert (after.run_id, after.state, after.attempts) == (before.run_id, "finished", 2)
    assert len(server.runs) == 1


def test_a_sweep_that_is_deleted_lets_its_run_finish(
    server: WandbServer, control: Callable[..., OpenServerSweep], opened: OpenServerSweep, screen: Screen
) -> None:
    def go_on(worker: FakeWorker, run_id: str) -> None:
        del server.store.sweeps[opened.remote.sweep_id]
        worker.end(run_id)

    done = control(go_on)
    assert states(done) == ["finished"]
    assert screen.said == ["agent-1 goes home: W&B's server knows the sweep no more"]


def test_what_is_stored_is_what_is_restored(control: Callable[..., OpenServerSweep]) -> None:
    def describe(worker: FakeWorker, run_id: str) -> None:
        worker.tell(
            {
                "kind": "point",
                "run_id": run_id,
                "point": {"a": None, "b": [1]},
                "overrides": ["a=null"],
                "seed": 3,
            }
        )
        worker.end(run_id)

    done = control(describe, wanted=1)
    again = reopen_sweep(done.remote.path, ServerRequest())
    assert again.trials.records == done.trials.records
    assert again.trials.values == done.trials.values
    [trial] = again.trials.records
    assert (trial.point, trial.overrides, trial.seed) == ({"a": None, "b": [1]}, ("a=null",), 3)
