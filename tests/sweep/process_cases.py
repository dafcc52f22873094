"""Sweeps as processes, for tests of what only processes do: dying, being killed, being told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from swatch.errors import UserError
from swatch.sweep.ledger import Ledger, sqlite_url
from swatch.sweep.records import TrialRecord

# Trials end when their file `go-<number>` (or `go`) is there: tests decide what happens when.
FUNCTION = """
import time
from pathlib import Path

def train(parameters, trial):
    trial.report({"loss": parameters["x"]})
    while not (Path("go").exists() or Path(f"go-{trial.number}").exists()):
        time.sleep(0.02)
        if trial.should_stop():
            break
    trial.report({"loss": parameters["x"] / 2})

def silent(parameters):
    Path("begun").touch()
    time.sleep(60)

def dies(parameters):
    import os
    os._exit(7)

def raises(parameters):
    raise ValueError("never works")
"""
SWEEP = """
method: random
metric: {name: loss, goal: minimize}
parameters: {x: {min: 0.0, max: 1.0}}
"""
PATIENCE = 60.0


def write_function_sweep(folder: Path) -> None:
    (folder / "mine.py").write_text(FUNCTION)
    (folder / "sweep.yaml").write_text(SWEEP)


def command(*arguments: str, function: str = "train", count: int = 3, agents: int = 2) -> list[str]:
    return [
        *(sys.executable, "-m", "swatch", "sweep", "sweep.yaml", "--function", f"mine.py:{function}"),
        *(
            "--name",
            "s",
            "--count",
            str(count),
            "--agents",
            str(agents),
            "--tracking",
            "disabled",
            *arguments,
        ),
    ]


@contextmanager
def started(arguments: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a command beside the test, in a group of its own; it is killed if the test forgets it."""
    process = subprocess.Popen(
        arguments,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def ledger_of(folder: Path, name: str = "s") -> Ledger:
    return Ledger(sqlite_url(folder / "runs" / "sweeps" / name / "study.db"))


def trials_of(folder: Path, name: str = "s") -> list[TrialRecord]:
    """Return the trials so far; none while the sweep is being made."""
    try:
        return ledger_of(folder, name).trials(name)
    except UserError:
        return []


def wait_for_reports(folder: Path, count: int, name: str = "s") -> None:
    """Wait until that many running trials have reported an epoch."""
    wait_for(
        lambda: sum(t.state == "running" and bool(t.history) for t in trials_of(folder, name)) >= count,
        f"{count} trials that report",
    )


def agent_pids(folder: Path, name: str = "s") -> dict[str, int]:
    """Return the pids of the agents that are registered, by their names."""
    processes = ledger_of(folder, name).processes(name)
    return {process.id: process.pid for process in processes if process.id.startswith("agent-")}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def press_ctrl_c(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
