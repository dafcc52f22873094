#!/usr/bin/env python3
"""What tracking costs a sweep: the same trials without it, with it, and under W&B's own agent.

    python scripts/benchmark_tracking.py [--trials N] [--seconds S] [--agents N] [--skip-agent]

Everything runs on this machine against the tests' W&B server on the loopback interface: 20 trials of the
NumPy network of about 2 s each, with `swatch sweep` (tracking disabled and online) and with `wandb agent`, to
which the same YAML is given. Wall-clock time of the whole command; one thread a trial.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "tests"))

from wandb_server import WandbServer  # noqa: E402

SWATCH = [sys.executable, "-m", "swatch"]
WANDB = [sys.executable, "-m", "wandb"]
CALIBRATION_EPOCHS = 6


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=2.0, help="of training a trial")
    parser.add_argument("--agents", type=int, default=2)
    parser.add_argument("--skip-agent", action="store_true", help="leave W&B's agent out, the slowest part")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, WandbServer() as server:
        bench = Bench(Path(folder), server, options.agents)
        epochs = bench.calibrate(options.seconds)
        sweep = bench.write_sweep(options.trials, epochs=epochs)
        load = " ".join(f"{value:.1f}" for value in os.getloadavg())
        print(f"{options.trials} trials of {epochs} epochs, {options.agents} agents, load {load}")
        disabled = bench.swatch(sweep, "disabled")
        print(f"swatch sweep, tracking disabled   {disabled:6.1f} s")
        online = bench.swatch(sweep, "online")
        print(f"swatch sweep, tracking online     {online:6.1f} s   {online / disabled:.2f} of disabled")
        if not options.skip_agent:
            agent = bench.agent(sweep)
            share = f"swatch online takes {online / agent:.2f} of it"
            print(f"wandb agent                       {agent:6.1f} s   {share}")
        print(f"requests to the server: {len(server.requests)}; runs there: {len(server.runs)}")


class Bench:
    """A project's folder, a server, and the commands."""

    def __init__(self, folder: Path, server: WandbServer, agents: int) -> None:
        self.folder, self.server, self.agents = folder, server, agents
        (folder / "scripts").symlink_to(CHECKOUT / "scripts")

    def calibrate(self, seconds: float) -> int:
        """Return how many epochs take about ``seconds``."""
        self._run(*SWATCH, "train", "epochs=1", "tracking.mode=disabled", home="calibration")
        self._run(
            *SWATCH, "train", f"epochs={CALIBRATION_EPOCHS}", "tracking.mode=disabled", home="calibration"
        )
        (history,) = [
            text
            for path in (self.folder / "calibration").glob("*/history.jsonl")
            if len((text := path.read_text()).splitlines()) == CALIBRATION_EPOCHS
        ]
        rows = [yaml.safe_load(line) for line in history.splitlines()]
        per_epoch = sorted(row["seconds"] for row in rows)[len(rows) // 2]
        return max(1, round(seconds / per_epoch))

    def write_sweep(self, trials: int, **constants: int) -> Path:
        """Write a sweep whose trials take equally long; ``constants`` are keys of the config."""
        content = {
            "program": "scripts/train.py",
            "command": ["${env}", "${interpreter}", "${program}", "${args_no_hyphens}"],
            "method": "random",
            "run_cap": trials,
            "metric": {"name": "val/accuracy", "goal": "maximize"},
            "parameters": {
                **{key: {"value": value} for key, value in constants.items()},
                "optimizer.learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-2},
            },
        }
        path = self.folder / "sweep.yaml"
        path.write_text(yaml.safe_dump(content))
        return path

    def swatch(self, sweep: Path, tracking: str) -> float:
        """Return the wall-clock seconds of our sweep."""
        begin = time.monotonic()
        self._run(
            *SWATCH, "sweep", str(sweep), f"--agents={self.agents}", f"--tracking={tracking}", home=tracking
        )
        return time.monotonic() - begin

    def agent(self, sweep: Path) -> float:
        """Return the wall-clock seconds of W&B's agents from their start to the end of the last."""
        output = self._run(*WANDB, "sweep", "--project", "swatch", str(sweep), home="agent")
        found = re.search(r"sweep with ID: (\w+)", output)
        assert found is not None, output
        command = [*WANDB, "agent", f"{self.server.entity}/swatch/{found[1]}"]
        begin = time.monotonic()
        agents = [
            subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment("agent"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(self.agents)
        ]
        for process in agents:
            process.wait()
        return time.monotonic() - begin

    def _environment(self, home: str) -> dict[str, str]:
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        # W&B's agent starts "python", as in an activated virtual environment.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        own = {"SWATCH_HOME": str(self.folder / home), "PATH": path}
        return {**os.environ, **self.server.environment, **threads, **own}

    def _run(self, *command: str, home: str) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment(home), capture_output=True, text=True
        )
        output = done.stdout + done.stderr
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{output}")
        return output


if __name__ == "__main__":
    main()
