"""Sweeps that are tracked online, from the call to what the server has in the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swatch.sweep import run
from swatch.tracking import background
from swatch.tracking.breaker import Breaker
from wandb_server import WandbServer

SWEEP: dict[str, Any] = {
    "name": "mine",
    "description": "why",
    "project": "theirs",
    "method": "random",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"min": 0.0, "max": 1.0}, "depth": {"value": 2}},
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    # What an earlier test's server did says nothing of this one's.
    monkeypatch.setattr(background, "_breaker", Breaker())
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def train(parameters: dict[str, Any], trial: Any) -> None:
    for epoch in (1, 2):
        trial.report({"loss": parameters["x"] / epoch})


def test_every_run_is_a_member_and_nothing_is_missing(
    server: WandbServer, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(SWEEP, train, count=3, tracking="online")
    (sweep,) = server.sweeps.values()
    assert (sweep.project, sweep.state, sweep.config["name"]) == ("theirs", "FINISHED", "mine")
    runs = {run.id: run for run in server.runs_of(sweep.id)}
    assert set(runs) == {trial.run_id for trial in result.trials}
    for trial in result.trials:
        found = runs[trial.run_id]
        assert (found.state, found.project) == ("finished", "theirs")
        assert found.config["x"] == trial.point["x"] and found.config["depth"] == 2
        assert [row["loss"] for row in found.history] == [record["loss"] for record in trial.history]
        assert found.summary["loss"] == trial.objective
    assert result.url == f"{server.url}/someone/theirs/sweeps/{sweep.id}"
    shown = capsys.readouterr()
    assert f"W&B:    {result.url}" in shown.out
    assert shown.err.count("wandb: ") == 1 and "did not reach" not in shown.err


FAULTS: dict[str, Callable[[WandbServer], object]] = {
    "gone": WandbServer.stop,
    "hangs": WandbServer.hang,
    "revoked": WandbServer.revoke_key,
    "500": lambda server: server.fail(500),
    "409": lambda server: server.fail(409),
    "429": lambda server: server.fail(429),
}


CASES = [(fault, when) for fault in FAULTS for when in ("from the start", "in the middle")]
QUICK = [("gone", "in the middle"), ("hangs", "from the start"), ("revoked", "in the middle")]


@pytest.mark.parametrize(
    ("fault", "when"),
    [pytest.param(*case, marks=() if case in QUICK else pytest.mark.slow) for case in CASES],
)
def test_a_server_in_trouble_costs_at_most_five_seconds(
    server: WandbServer, capfd: pytest.CaptureFixture[str], fault: str, when: str
) -> None:
    first = 0 if when == "from the start" else 2

    def troubled(parameters: dict[str, Any], trial: Any) -> None:
        if trial.number == first == 2:
            FAULTS[fault](server)
        train(parameters, trial)

    plain = _seconds(lambda: run(SWEEP, train, count=4, tracking="disabled", name="plain"))
    if first == 0:
        FAULTS[fault](server)
    capfd.readouterr()
    result: list[Any] = []
    took = _seconds(lambda: result.append(run(SWEEP, troubled, count=4, tracking="online", name="s")))
    assert [trial.state.value for trial in result[0].trials] == ["finished"] * 4
    # Beside the five seconds: wandb's import, and other tests on the same machine.
    assert took - plain < 5.0 + 2.0
    lines = capfd.readouterr().err.splitlines()
    told = [line for line in lines if "`swatch sync s`" in line]
    assert told and "W&B; `swatch sync s` sends" in told[-1]
    assert len([line for line in lines if "wandb" in line.lower()]) <= 2, lines
    key = server.key
    assert not any(key in line for line in lines)
    home = result[0].directory.parent.parent
    assert not [path for path in home.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]


def _seconds(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


MODULE = """
def train(parameters, trial):
    trial.report({"loss": parameters["x"]})
"""


def test_the_command_with_agents_of_its_own(tmp_path: Path, server: WandbServer) -> None:
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "sweep.yaml").write_text(
        "method: random\nrun_cap: 4\nmetric: {name: loss, goal: minimize}\n"
        "parameters: {x: {min: 0.0, max: 1.0}}\n"
    )
    arguments = ["--function", "mine.py:train", "--agents", "2", "--name", "s", "--tracking", "online"]
    done = _swatch("sweep", "sweep.yaml", *arguments)
    assert done.returncode == 0, done.stderr
    (sweep,) = server.sweeps.values()
    address = f"{server.url}/someone/swatch/sweeps/{sweep.id}"
    assert f"wandb: {address}" in done.stderr.splitlines()
    assert f"W&B:    {address}" in done.stdout.splitlines()
    assert "did not reach" not in done.stderr
    assert sorted(run.state for run in server.runs_of(sweep.id)) == ["finished"] * 4
    assert sweep.state == "FINISHED" and sweep.config["name"] == "s"
    status = _swatch("sweep", "--status", "s")
    assert status.stdout.splitlines()[-1] == f"W&B: {address}"


def _swatch(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "swatch", *arguments],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=False,
    )
