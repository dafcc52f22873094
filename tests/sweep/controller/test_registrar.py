"""A sweep that is tracked online and its place on the server: found, kept, ended, and never waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sweep_cases import make_agent, make_sweep, open_ledger, parabola

from swatch.sweep.agent.trial import Trial
from swatch.sweep.controller import registrar as module
from swatch.sweep.controller.registrar import Registrar
from swatch.tracking.registration import registrations
from wandb_server import KEY, WandbServer

ONLINE = {"mode": "online", "project": "swatch", "entity": None}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    monkeypatch.setattr(module, "RETRY_SECONDS", (0.02,))
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@contextmanager
def registered(folder: Path, lines: list[str]) -> Iterator[Registrar]:
    ledger = open_ledger(folder)
    with Registrar(ledger, "s", lines.append) as registrar:
        yield registrar


def online_sweep(folder: Path, **options: Any) -> None:
    make_sweep(folder, tracking={**ONLINE, **options}, extra={"description": "why"})


def places(folder: Path) -> list[str]:
    return [remote.sweep_id for remote in registrations(open_ledger(folder).sweep("s").options)]


def wait_for_place(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while not places(folder):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_first_trial_belongs_to_the_sweep_and_the_last_one_ends_it(
    tmp_path: Path, server: WandbServer
) -> None:
    online_sweep(tmp_path)
    lines: list[str] = []
    seen: list[Any] = []
    states: set[str] = set()

    def runner(trial: Trial) -> Any:
        seen.append(trial.remote_sweep)
        states.add(next(iter(server.sweeps.values())).state)
        return parabola(trial)

    with registered(tmp_path, lines) as registrar:
        make_agent(tmp_path, runner).work()
        registrar.finish()
    (sweep,) = server.sweeps.values()
    assert [remote.path for remote in seen] == [f"someone/swatch/{sweep.id}"] * 4
    assert (states, sweep.state) == ({"RUNNING"}, "FINISHED")
    assert (sweep.config["name"], sweep.description) == ("s", "why")
    assert lines == [f"wandb: {server.url}/someone/swatch/sweeps/{sweep.id}"]
    assert places(tmp_path) == [sweep.id]


def test_project_and_entity_are_those_of_the_runs(tmp_path: Path, server: WandbServer) -> None:
    online_sweep(tmp_path, project="mine", entity="team")
    with registered(tmp_path, []):
        pass
    (sweep,) = server.sweeps.values()
    assert (sweep.entity, sweep.project) == ("team", "mine")


def test_a_sweep_that_goes_on_keeps_its_place(tmp_path: Path, server: WandbServer) -> None:
    online_sweep(tmp_path)
    with registered(tmp_path, []) as registrar:
        pass
    (sweep,) = server.sweeps.values()
    assert sweep.state == "RUNNING", "an interrupted sweep has not ended"
    with registered(tmp_path, []) as registrar:
        registrar.finish()
    assert server.sweeps[sweep.id].state == "FINISHED"
    with registered(tmp_path, []):
        assert server.sweeps[sweep.id].state == "RUNNING"
    assert list(server.sweeps) == [sweep.id] == places(tmp_path)


def test_a_sweep_that_somebody_deleted_gets_a_new_place(tmp_path: Path, server: WandbServer) -> None:
    online_sweep(tmp_path)
    with registered(tmp_path, []):
        pass
    (old,) = server.store.sweeps
    del server.store.sweeps[old]
    lines: list[str] = []
    with registered(tmp_path, lines):
        pass
    (new,) = server.sweeps
    assert places(tmp_path) == [old, new]
    assert lines[0].endswith(f"/sweeps/{old} is no more; the sweep gets a new page")
    assert make_agent(tmp_path, parabola).work(1).reason == "trained 1 trials"


def test_a_server_that_comes_back_gets_the_sweep(tmp_path: Path, server: WandbServer) -> None:
    online_sweep(tmp_path)
    server.stop()
    lines: list[str] = []
    seen: list[Any] = []

    def runner(trial: Trial) -> Any:
        if trial.number == 2:
            server.start()
            wait_for_place(tmp_path)
        seen.append(trial.remote_sweep)
        return parabola(trial)

    began = time.monotonic()
    with registered(tmp_path, lines) as registrar:
        assert time.monotonic() - began < 1.5, "a refused connection is no reason to wait"
        make_agent(tmp_path, runner).work()
        registrar.finish()
    (sweep,) = server.sweeps.values()
    assert [remote and remote.sweep_id for remote in seen] == [None, None, None, sweep.id]
    assert sweep.state == "FINISHED"
    assert lines[0] == (
        f"wandb: {server.url} does not answer: Connection refused; the sweep goes on, "
        "and `swatch sync s` sends later what does not arrive"
    )
    assert lines[1:] == [f"wandb: {server.url}/someone/swatch/sweeps/{sweep.id}"]


@pytest.mark.parametrize("status", [401, 403, 409, 429, 500])
def test_a_refusal_is_told_once_and_without_the_key(tmp_path: Path, server: WandbServer, status: int) -> None:
    online_sweep(tmp_path)
    server.fail(status, body=f'{{"errors": [{{"message": "not {KEY}"}}]}}')
    lines: list[str] = []
    with registered(tmp_path, lines) as registrar:
        server.wait(lambda: lines)
        asked = len(server.requests)
        server.wait(lambda: len(server.requests) > asked)
        registrar.finish()
    (line,) = lines
    assert f"HTTP {status}: not ***); the sweep goes on" in line
    assert places(tmp_path) == []


def test_a_server_that_hangs_is_waited_for_a_moment(
    tmp_path: Path, server: WandbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE_SECONDS", 0.3)
    online_sweep(tmp_path)
    server.hang()
    lines: list[str] = []
    began = time.monotonic()
    with registered(tmp_path, lines) as registrar:
        assert 0.3 <= time.monotonic() - began < 1.0
        registrar.finish()
    assert time.monotonic() - began < 2.0
    assert lines == [] and places(tmp_path) == []


def test_a_slow_server_is_asked_once(
    tmp_path: Path, server: WandbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE_SECONDS", 0.1)
    online_sweep(tmp_path)
    server.slow(0.6, times=1)
    with registered(tmp_path, []):
        assert places(tmp_path) == []
        wait_for_place(tmp_path)
    assert list(server.sweeps) == places(tmp_path)


def test_an_answer_that_was_lost_makes_no_second_sweep(tmp_path: Path, server: WandbServer) -> None:
    online_sweep(tmp_path)
    server.drop("upsertSweep", times=1, after=True)
    lines: list[str] = []
    with registered(tmp_path, lines):
        wait_for_place(tmp_path)
    assert list(server.sweeps) == places(tmp_path)
    assert "does not answer" in lines[0]


def test_an_end_that_the_server_does_not_hear_is_told(tmp_path: Path, server: WandbServer) -> None:
    online_sweep(tmp_path)
    lines: list[str] = []
    with registered(tmp_path, lines) as registrar:
        server.revoke_key()
        registrar.finish()
    assert lines[1:] == [
        f"wandb: {server.url} refuses (HTTP 401: user is not logged in); there the sweep still seems to run"
    ]


@pytest.mark.parametrize("mode", ["offline", "disabled"])
def test_other_modes_ask_nobody(tmp_path: Path, server: WandbServer, mode: str) -> None:
    online_sweep(tmp_path, mode=mode)
    with registered(tmp_path, []) as registrar:
        registrar.finish()
    assert not server.requests


def test_a_trial_knows_only_the_server_that_its_process_talks_to(
    tmp_path: Path, server: WandbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    online_sweep(tmp_path)
    with registered(tmp_path, []):
        pass
    monkeypatch.setenv("WANDB_BASE_URL", "http://elsewhere.example.org")
    seen: list[Any] = []
    make_agent(tmp_path, lambda trial: (seen.append(trial.remote_sweep), parabola(trial))[1]).work(1)
    assert seen == [None]
