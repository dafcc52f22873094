#!/usr/bin/env python3
"""A sweep whose agents and controllers are killed all the time, and what is left of it.

    python scripts/chaos.py [--trials N] [--agents N] [--seconds S] [--controllers N] [HYDRA OVERRIDES]

Trains a grid of short trials of the NumPy network. Every S seconds a random agent is killed with SIGKILL, and
N times the controller is, after which the same command is given again. At the end every trial must be
finished, each point once, and ledger and run directories must agree; what does not is printed, and the exit
code is 1.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from chaos_checks import Findings, examine
from swatch.errors import UserError
from swatch.sweep.ledger import Ledger, sqlite_url

NAME = "chaos"
EPOCHS = 12
# Trials of about a second on one core, with a checkpoint after every epoch.
OVERRIDES = ("data.limit=6000", "model.hidden_sizes=[64]", "batch_size=32", "tracking.mode=disabled")
# Who kills on purpose must not be taken for a crash that repeats itself.
RETRIES = 1000
PATIENCE_SECONDS = 3600.0


@dataclass
class Killings:
    """Who was killed."""

    agents: int = 0
    controllers: int = 0
    starts: int = 0
    """How often the command was given."""
    errors: list[str] = field(default_factory=list)
    """Last lines of controllers that ended without being killed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sweep through all that, and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=2.0, help="between two killed agents")
    parser.add_argument("--controllers", type=int, default=2, help="how many controllers are killed")
    parser.add_argument("--seed", type=int, default=0, help="of whom is killed")
    parser.add_argument("overrides", nargs="*", metavar="OVERRIDE")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="swatch-chaos-") as folder:
        chaos = Chaos(Path(folder), options)
        begin = time.monotonic()
        killings = chaos.run()
        minutes, seconds = divmod(round(time.monotonic() - begin), 60)
        findings = examine(Path(folder) / "runs", NAME, options.trials, EPOCHS)
    print(
        f"{options.trials} trials, {options.agents} agents: {killings.agents} agents and "
        f"{killings.controllers} controllers killed in {minutes} min {seconds} s; "
        f"the command was given {killings.starts} times"
    )
    return report(findings, killings)


def report(findings: Findings, killings: Killings) -> int:
    """Print what was found and return the exit code."""
    for name, value in findings.figures.items():
        print(f"{name:<44} {value:>6}")
    for error in killings.errors:
        print(f"a controller ended by itself: {error}")
    for problem in findings.problems:
        print(f"WRONG: {problem}")
    print(
        "Nothing is lost, nothing is twice."
        if not findings.problems
        else "The sweep is not what it should be."
    )
    return 1 if findings.problems else 0


class Chaos:
    """One sweep and its killer."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.folder, self.options = folder, options
        self.random = random.Random(options.seed)
        # Spread evenly over the sweep's progress.
        parts = options.controllers + 1
        self.controller_dies_at = [options.trials * part // parts for part in range(1, parts)]
        rates = [round(0.0001 * 1.02**step, 9) for step in range(options.trials)]
        sweep = {
            "method": "grid",
            "metric": {"name": "val/accuracy", "goal": "maximize"},
            "parameters": {"epochs": {"value": EPOCHS}, "optimizer.learning_rate": {"values": rates}},
        }
        (folder / "sweep.yaml").write_text(yaml.safe_dump(sweep))

    def run(self) -> Killings:
        """Give the command until the sweep is finished; raises TimeoutError if that takes an hour."""
        killings, deadline = Killings(), time.monotonic() + PATIENCE_SECONDS
        while True:
            killings.starts += 1
            with (self.folder / "controller.log").open("w") as log:
                process = subprocess.Popen(
                    self._command(), cwd=self.folder, stdout=log, stderr=log, env=self._environment()
                )
                self._kill_while_running(process, killings, deadline)
            if process.returncode == 0:
                return killings
            if process.returncode != -signal.SIGKILL:
                lines = (self.folder / "controller.log").read_text().splitlines()
                killings.errors.append(lines[-1] if lines else f"exit code {process.returncode}")

    def _command(self) -> list[str]:
        agents = ["--agents", str(self.options.agents), "--retries", str(RETRIES)]
        arguments = ["sweep.yaml", "--name", NAME, *agents, *OVERRIDES, *self.options.overrides]
        return [sys.executable, "-m", "swatch", "sweep", *arguments]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "SWATCH_HOME": str(self.folder / "runs")}

    def _kill_while_running(
        self, process: subprocess.Popen[bytes], killings: Killings, deadline: float
    ) -> None:
        killed = time.monotonic()
        while process.poll() is None:
            time.sleep(0.1)
            if time.monotonic() > deadline:
                process.kill()
                raise TimeoutError(f"the sweep is not finished after {PATIENCE_SECONDS:.0f} s")
            if time.monotonic() - killed < self.options.seconds:
                continue
            ledger = self._ledger()
            if ledger is None:
                continue
            killed = time.monotonic()
            begun = len(ledger.trials(NAME, history=False))
            if self.controller_dies_at and begun >= self.controller_dies_at[0]:
                del self.controller_dies_at[0]
                process.kill()
                killings.controllers += 1
                continue
            pids = [one.pid for one in ledger.processes(NAME) if one.id.startswith("agent-")]
            ledger.close()
            if pids:
                killings.agents += _kill(self.random.choice(pids))

    def _ledger(self) -> Ledger | None:
        """Return the sweep's ledger, or None while it is being made."""
        try:
            ledger = Ledger(sqlite_url(self.folder / "runs" / "sweeps" / NAME / "study.db"))
            ledger.sweep(NAME)
        except UserError:
            return None
        return ledger


def _kill(pid: int) -> int:
    """Kill a process and return 1, or 0 if it has just ended by itself."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
