"""A sweep whose ledger is a PostgreSQL server: what agents on several machines meet in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_server import PASSWORD, Server, postgresql
from process_cases import command, finish, started, wait_for, write_function_sweep

from swatch.errors import UserError
from swatch.sweep.ledger import Ledger
from swatch.sweep.records import TrialRecord, TrialState

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("postgresql")]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql() as running:
        yield running


def trials_in(url: str) -> list[TrialRecord]:
    try:
        return Ledger(url).trials("s")
    except UserError:
        return []


def reporting(url: str) -> list[TrialRecord]:
    return [trial for trial in trials_in(url) if trial.state is TrialState.RUNNING and trial.history]


def swatch(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "swatch", *words], cwd=folder, capture_output=True, text=True, timeout=60
    )


def test_agents_meet_in_the_server_and_one_that_dies_loses_nothing(server: Server, tmp_path: Path) -> None:
    url = server.database()
    write_function_sweep(tmp_path)
    with started(command("--storage", url, count=4), tmp_path) as sweep:
        wait_for(lambda: len(reporting(url)) == 2, "two trials that report")
        first = reporting(url)[0]
        agent = next(p for p in Ledger(url).processes("s") if p.id == first.agent)
        os.kill(agent.pid, signal.SIGKILL)
        wait_for(lambda: len(reporting(url)) == 2 and trials_in(url)[0].attempts == 2, "the trial's return")

        assert swatch(tmp_path, "sweep", "--pause", "s", "--storage", url).returncode == 0
        (tmp_path / "go").touch()
        wait_for(lambda: not reporting(url), "the end of what runs")
        assert len(trials_in(url)) == 2, "nothing new begins in a pause"
        status = swatch(tmp_path, "sweep", "--status", "s", "--storage", url)
        assert "paused" in status.stdout + status.stderr
        assert swatch(tmp_path, "sweep", "--resume", "s", "--storage", url).returncode == 0
        code, out, err = finish(sweep)
    assert code == 0, err
    trials = trials_in(url)
    assert [trial.state for trial in trials] == [TrialState.FINISHED] * 4
    assert trials[first.number].run_id == first.run_id
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if PASSWORD in path.read_text(errors="replace")]
    assert PASSWORD not in out + err + status.stdout + status.stderr


def test_an_agent_joins_by_the_address_alone(server: Server, tmp_path: Path) -> None:
    url = server.database()
    write_function_sweep(tmp_path)
    with started(command("--storage", url, count=3, agents=1), tmp_path) as sweep:
        wait_for(lambda: len(reporting(url)) == 1, "the first trial")
        joining = [sys.executable, "-m", "swatch", "agent", "s", "--storage", url, "--count", "1"]
        with started(joining, tmp_path) as agent:
            wait_for(lambda: len(reporting(url)) == 2, "the second agent's trial")
            (tmp_path / "go").touch()
            assert finish(agent)[0] == 0
        assert finish(sweep)[0] == 0
    assert len({trial.agent for trial in trials_in(url)}) == 2


def test_a_server_that_does_not_answer_is_said_in_one_line_without_the_password(tmp_path: Path) -> None:
    write_function_sweep(tmp_path)
    nobody = f"postgresql://swatch:{PASSWORD}@127.0.0.1:9/none"
    with started(command("--storage", nobody), tmp_path) as sweep:
        code, out, err = finish(sweep)
    assert code == 2
    assert "cannot be used" in err
    assert "Traceback" not in err
    assert PASSWORD not in out + err
