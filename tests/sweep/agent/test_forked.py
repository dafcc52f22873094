"""Functions that fork: their children are no agents."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from process_cases import command, write_function_sweep
from sweep_cases import make_sweep, trials_of, work

from swatch.sweep.agent.function import FunctionRunner
from swatch.sweep.agent.trial import Trial

FORKED = """
import os, signal

def train(parameters):
    reader, writer = os.pipe()
    if os.fork() == 0:
        numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
        plain = all(signal.getsignal(number) == signal.SIG_DFL for number in numbers)
        os.write(writer, b"plain" if plain else b"caught")
        os._exit(0)
    os.wait()
    return float(os.read(reader, 9) == b"plain")
"""


def _returns(trial: Trial) -> float:
    return 7.0


def _raises(trial: Trial) -> float:
    raise ValueError("in the child")


def _leaves(trial: Trial) -> float:
    raise SystemExit(5)


def _reports(trial: Trial) -> float:
    trial.report({"loss": 7.0})
    return 7.0


@pytest.mark.parametrize(("child", "code"), [(_returns, 0), (_raises, 1), (_leaves, 5), (_reports, 1)])
def test_a_forked_process_ends_where_it_leaves_the_function(
    tmp_path: Path, child: Callable[[Trial], float], code: int
) -> None:
    make_sweep(tmp_path, count=2)
    owner = os.getpid()

    def train(parameters: dict[str, Any], trial: Trial) -> float:
        pid = os.fork()
        if pid == 0:
            return child(trial)
        return float(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    try:
        work(tmp_path, FunctionRunner(train, {"mode": "disabled"}))
    finally:
        if os.getpid() != owner:
            os._exit(99)  # It has become a second agent, and must not become a second pytest.
    assert [[record["loss"] for record in trial.history] for trial in trials_of(tmp_path)] == [[code]] * 2


def test_signals_are_a_forked_processs_own(tmp_path: Path) -> None:
    write_function_sweep(tmp_path)
    (tmp_path / "mine.py").write_text(FORKED)
    done = subprocess.run(
        command(count=1, agents=1), cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "1.0000" in done.stdout, "it had the agent's handlers"
