"""``swatch agent``: joining a sweep by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from swatch.cli import run
from swatch.errors import UserError
from swatch.sweep.agent.process import _check_host
from swatch.sweep.ledger import Ledger, sqlite_url

sys.path.append(str(Path(__file__).resolve().parent.parent / "sweep"))
from sweep_cases import make_sweep


def make_joinable(tmp_path: Path, state: str = "running") -> str:
    """Make a sweep over a function in a file, which a controller elsewhere might run."""
    (tmp_path / "mine.py").write_text("def train(parameters):\n    return parameters['x']\n")
    record = make_sweep(tmp_path, count=3)
    url = sqlite_url(tmp_path / "joined.db")
    changed = type(record)(**{**record.__dict__, "function": f"{tmp_path}/mine.py:train", "state": state})
    Ledger(url, create=True).create_sweep(changed, identity="")
    return url


def test_an_agent_joins_works_and_leaves(tmp_path: Path) -> None:
    url = make_joinable(tmp_path)
    for count, reason in (("2", "trained 2 trials"), ("9", "all 3 trials are taken")):
        done = subprocess.run(
            [sys.executable, "-m", "swatch", "agent", "s", "--storage", url, "--count", count],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, f"{reason}\n")
    trials = Ledger(url).trials("s")
    assert [(trial.state.value, trial.objective) for trial in trials] == [
        ("finished", trial.point["x"]) for trial in trials
    ]
    assert len({trial.agent for trial in trials}) == 2
    assert all((tmp_path / "runs" / trial.run_id / "summary.json").exists() for trial in trials)


def test_a_sweep_that_does_not_run_cannot_be_joined(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = make_joinable(tmp_path, state="finished")
    assert run(["agent", "s", "--storage", url]) == 2
    assert capsys.readouterr().err == (
        "swatch: sweep s is finished; `swatch sweep --resume s --count N` gives it more trials.\n"
    )
    assert run(["agent", "t", "--storage", url]) == 2
    assert "there is no sweep 't'" in capsys.readouterr().err
    assert run(["agent", "s"]) == 2
    assert "needs its --storage" in capsys.readouterr().err


def test_a_sqlite_file_serves_one_machine(tmp_path: Path) -> None:
    from sqlalchemy import update

    from swatch.sweep.ledger.schema import agents

    ledger = Ledger(make_joinable(tmp_path))
    _check_host(ledger, "s")
    own = ledger.register("s", "controller")
    assert ledger.take_control("s", own, None)
    _check_host(ledger, "s")
    with ledger._database.write() as connection:
        connection.execute(update(agents).values(machine=f"{os.uname().nodename} another-boot -"))
    with pytest.raises(UserError, match="must not serve two machines"):
        _check_host(ledger, "s")
