"""Sweeps of W&B's engine for tests: short ones, on a slice of the real data, against a server of our own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wandb_server import Run, WandbServer

REPOSITORY = Path(__file__).resolve().parents[2]
SLICE = REPOSITORY / "tests" / "data" / "fashion-mnist-slice"
PATIENCE = 90.0
GRID = """
name: small
program: scripts/train.py
command: ["${env}", "${interpreter}", "${program}", "${args_no_hyphens}"]
method: grid
metric: {name: val/accuracy, goal: maximize}
parameters:
  epochs: {value: 2}
  model: {parameters: {hidden_sizes: {value: [16]}}}
  optimizer: {values: [adam, momentum]}
  optimizer.momentum: {value: 0.5}
  optimizer.learning_rate: {values: [0.001, 0.01]}
"""


def write_project(folder: Path) -> None:
    """Make ``folder`` a project whose runs train on the slice, with our scripts in it."""
    (folder / "conf" / "project").mkdir(parents=True)
    (folder / "conf" / "project" / "default.yaml").write_text(
        # A progress bar would fill the pipes that nobody reads before the end.
        f"data:\n  folder: {SLICE}\n  checksums: null\ntraining:\n  progress: false\n"
    )
    (folder / "scripts").symlink_to(REPOSITORY / "scripts")


def environment(server: WandbServer | None) -> dict[str, str]:
    """Return the environment of a user of ``server``; this Python is the one that programs find."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **(server.environment if server else {}), "PATH": path}


def run(
    server: WandbServer | None, *command: str, seconds: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        list(command), capture_output=True, text=True, check=False, env=environment(server), timeout=seconds
    )


def swatch_sweep(
    server: WandbServer | None, *arguments: str, agents: int = 1
) -> subprocess.CompletedProcess[str]:
    """Run ``swatch sweep --engine wandb``."""
    return run(server, *engine_command(*arguments, agents=agents))


def engine_command(*arguments: str, agents: int = 1) -> list[str]:
    return [
        *(sys.executable, "-m", "swatch", "sweep", "--engine", "wandb", "--agents", str(agents)),
        *arguments,
    ]


@contextmanager
def started(server: WandbServer, command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Start a command; it is killed at the end of the block if it still runs."""
    process = subprocess.Popen(
        list(command),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(server),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a process and return exit code, stdout and stderr."""
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def press_ctrl_c(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)


def wait_for(
    condition: Callable[[], object], what: str, process: subprocess.Popen[str] | None = None
) -> None:
    """Wait until the condition holds; ``process`` must not end before."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        assert process is None or process.poll() is None, f"waiting for {what}: {process.communicate()}"
        time.sleep(0.03)


def training(server: WandbServer) -> list[Run]:
    """Return the runs of the only sweep, if there is one, that have sent an epoch."""
    return [run for run in members(server) if run.history] if server.sweeps else []


def members(server: WandbServer) -> list[Run]:
    """Return the runs of the only sweep."""
    [sweep_id] = server.sweeps
    return server.runs_of(sweep_id)


def wandb(server: WandbServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run W&B's own command line."""
    return run(server, str(Path(sys.executable).parent / "wandb"), *arguments, seconds=3 * PATIENCE)


def register(server: WandbServer, file: str) -> str:
    """Register a sweep with ``wandb sweep`` and return its path."""
    done = wandb(server, "sweep", file)
    assert done.returncode == 0, done.stderr
    found = re.search(r"wandb agent (\S+/\S+/\S+)", done.stderr)
    assert found, done.stderr
    return found[1]
