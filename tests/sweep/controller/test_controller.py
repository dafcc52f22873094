"""The controller: its agents' deaths, its own, Ctrl-C, and being the only one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from process_cases import (
    agent_pids,
    command,
    finish,
    is_alive,
    ledger_of,
    press_ctrl_c,
    started,
    trials_of,
    wait_for,
    wait_for_reports,
    write_function_sweep,
)
from sweep_cases import make_sweep, open_ledger

from swatch.errors import UserError
from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.control import Control
from swatch.sweep.records import TrialState


@pytest.fixture(autouse=True)
def _sweep(tmp_path: Path) -> None:
    write_function_sweep(tmp_path)


def test_a_killed_agents_trial_is_finished_by_another_under_its_own_run(tmp_path: Path) -> None:
    with started(command(count=4), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        victim = trials_of(tmp_path)[0]
        assert victim.agent is not None
        os.kill(agent_pids(tmp_path)[victim.agent], signal.SIGKILL)
        wait_for(lambda: trials_of(tmp_path)[0].agent != victim.agent, "another agent")
        (tmp_path / "go").touch()
        code, _, err = finish(process)
    assert code == 0, err
    assert f"{victim.agent} died (killed by SIGKILL); trial 0 will be taken up again" in err
    trials = trials_of(tmp_path)
    assert [(trial.number, trial.state) for trial in trials] == [(n, TrialState.FINISHED) for n in range(4)]
    assert [trial.attempts for trial in trials] == [2, 1, 1, 1]
    assert trials[0].run_id == victim.run_id
    assert len({trial.point_key for trial in trials}) == 4


@pytest.mark.slow
def test_ctrl_c_gives_the_trials_back_and_the_same_command_goes_on(tmp_path: Path) -> None:
    with started(command(), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        (tmp_path / "go-0").touch()
        wait_for(lambda: trials_of(tmp_path)[0].state.is_over, "the first trial")
        wait_for_reports(tmp_path, 2)
        pids = list(agent_pids(tmp_path).values())
        press_ctrl_c(process)
        code, _, err = finish(process)
    assert code == 130
    last = err.splitlines()[-1]
    assert last == (
        "swatch: sweep s is interrupted after 1 of 3 trials; the same command goes on, "
        "or: swatch sweep --resume s"
    )
    assert "Traceback" not in err
    assert not any(is_alive(pid) for pid in pids)
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished", "waiting", "waiting"]
    ledger = ledger_of(tmp_path)
    assert ledger.sweep("s").state == "interrupted" and ledger.processes("s") == []
    before = [trial.run_id for trial in trials_of(tmp_path)]
    (tmp_path / "go").touch()
    with started(command(), tmp_path) as process:
        code, _, err = finish(process)
    assert code == 0, err
    assert "goes on after 1 trial" in err
    trials = trials_of(tmp_path)
    assert [trial.state.value for trial in trials] == ["finished"] * 3
    assert [trial.run_id for trial in trials] == before
    assert [trial.attempts for trial in trials] == [1, 2, 2]


def test_a_second_controller_is_refused_and_a_dead_one_replaced(tmp_path: Path) -> None:
    make_sweep(tmp_path)
    first, second = open_ledger(tmp_path), open_ledger(tmp_path)
    with Control(first, "s"):
        with pytest.raises(UserError, match=rf"sweep s is already being run \(process {os.getpid()} on "):
            Control(second, "s").__enter__()
        assert len(first.processes("s")) == 1
    with Control(second, "s"):
        pass
    assert first.processes("s") == []
    dead = subprocess.run([sys.executable, "-c", TAKE_CONTROL, first.url], check=False)
    assert dead.returncode == 9
    assert len(first.processes("s")) == 1
    with Control(second, "s"):
        assert [process.pid for process in first.processes("s")] == [os.getpid()]


TAKE_CONTROL = """
import os, sys
from swatch.sweep.ledger.control import Control
from swatch.errors import UserError
from swatch.sweep.ledger.control import Control
from swatch.sweep.ledger import Ledger
Control(Ledger(sys.argv[1]), "s").__enter__()
os._exit(9)
"""


def test_a_killed_controller_ends_its_agents_and_the_sweep_goes_on(tmp_path: Path) -> None:
    with started(command(), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        pids = list(agent_pids(tmp_path).values())
        process.kill()
        wait_for(lambda: not any(is_alive(pid) for pid in pids), "the end of the agents")
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["waiting", "waiting"]
    (tmp_path / "go").touch()
    with started(command(), tmp_path) as process:
        code, _, err = finish(process)
    assert code == 0, err
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["finished"] * 3


@pytest.mark.slow
def test_everything_killed_at_once_loses_nothing(tmp_path: Path) -> None:
    with started(command(), tmp_path) as process:
        wait_for_reports(tmp_path, 2)
        for pid in [process.pid, *agent_pids(tmp_path).values()]:
            os.kill(pid, signal.SIGKILL)
        process.wait()
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["running", "running"]
    (tmp_path / "go").touch()
    with started(command(), tmp_path) as process:
        code, _, err = finish(process)
    assert code == 0, err
    trials = trials_of(tmp_path)
    assert [trial.state.value for trial in trials] == ["finished"] * 3
    assert [trial.attempts for trial in trials] == [2, 2, 1]


@pytest.mark.slow
def test_a_function_that_never_reports_is_interrupted_all_the_same(tmp_path: Path) -> None:
    with started(command(function="silent", agents=1), tmp_path) as process:
        wait_for((tmp_path / "begun").exists, "the function")
        press_ctrl_c(process)
        code, _, _ = finish(process)
    assert code == 130
    assert [trial.state.value for trial in trials_of(tmp_path)] == ["waiting"]


@pytest.mark.slow
def test_ctrl_c_twice_ends_at_once(tmp_path: Path) -> None:
    with started(command(function="silent", agents=1), tmp_path) as process:
        wait_for((tmp_path / "begun").exists, "the function")
        press_ctrl_c(process)
        assert process.stderr is not None
        line = ""
        while not line.startswith("stopping"):
            line = process.stderr.readline()
        press_ctrl_c(process)
        code, _, err = finish(process)
    assert code == 130, err
    (trial,) = trials_of(tmp_path)
    assert trial.state is TrialState.WAITING


@pytest.mark.slow
def test_a_trial_that_kills_its_agent_is_given_up_and_the_others_go_on(tmp_path: Path) -> None:
    with started(command("--retries", "1", function="dies", count=2, agents=1), tmp_path) as process:
        code, _, err = finish(process)
    assert code == 1
    trials = trials_of(tmp_path)
    assert [(trial.state.value, trial.attempts, trial.reason) for trial in trials] == [
        ("crashed", 2, "exit code 7")
    ] * 2
    assert err.splitlines()[-1] == "swatch: all 2 trials of sweep s failed: exit code 7"


@pytest.mark.slow
def test_if_every_agent_gives_up_the_sweep_ends_with_the_reasons(tmp_path: Path) -> None:
    arguments = command("--max-consecutive-failures", "2", function="raises", count=20)
    with started(arguments, tmp_path) as process:
        code, _, err = finish(process)
    assert code == 1
    assert "every agent gave up (2 trials in a row failed). Last failures: ValueError: never works" in err
    assert ledger_of(tmp_path).sweep("s").state == "interrupted"
    assert len(trials_of(tmp_path)) <= 4


@pytest.mark.slow
def test_agents_that_cannot_start_end_the_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif 'agent' in sys.argv or 'agent' in getattr(sys, 'orig_argv', []):\n"
        "    raise SystemExit('no licence')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with started(command(agents=1), tmp_path) as process:
        code, _, err = finish(process)
    assert code == 1
    assert "3 agents in a row died before their first trial (exit code 1)" in err
    assert "no licence" in err
    assert Ledger(f"sqlite:///{tmp_path}/runs/sweeps/s/study.db").trials("s") == []


@pytest.mark.slow
def test_a_finished_sweep_takes_more_trials(tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    with started(command(count=2), tmp_path) as process:
        assert finish(process)[0] == 0
    before = trials_of(tmp_path)
    more = [
        sys.executable,
        "-m",
        "swatch",
        "sweep",
        "--resume",
        "s",
        "--count",
        "4",
        "--tracking",
        "disabled",
    ]
    with started(more, tmp_path) as process:
        code, _, err = finish(process)
    assert code == 0, err
    after = trials_of(tmp_path)
    assert [trial.state.value for trial in after] == ["finished"] * 4
    assert after[:2] == before
