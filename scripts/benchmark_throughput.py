#!/usr/bin/env python3
"""How many short trials an hour: warm agents against a Python process for every trial.

    python scripts/benchmark_throughput.py [--trials N] [--agents N] [--skip-agent]

Trials of one epoch on 10,000 images, as many at a time as there are agents, one thread each: `swatch sweep`,
`python scripts/train.py` once for every trial, and `wandb agent` against the tests' W&B server on this
machine. Wall-clock time of everything, from the first start to the last end. 100 trials take ten to twenty
minutes, nearly all of them for the other two.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

if (scripts := str(Path(__file__).resolve().parent)) not in sys.path:
    sys.path.insert(0, scripts)

from benchmark_tracking import SWATCH, Bench
from wandb_server import WandbServer

CONSTANTS = {"epochs": 1, "data.limit": 10_000}
LEARNING_RATE = "optimizer.learning_rate"
SWEEP_ID = "throughput"


class Throughput(Bench):
    """The same trials, run in several ways; every method returns wall-clock seconds."""

    def warm(self, sweep: Path, tracking: str) -> float:
        """Return the seconds of `swatch sweep`."""
        begin = time.monotonic()
        words = (
            "sweep",
            str(sweep),
            f"--agents={self.agents}",
            f"--tracking={tracking}",
            f"--name={SWEEP_ID}",
        )
        self._run(*SWATCH, *words, home=tracking)
        return time.monotonic() - begin

    def cold(self, trials: int, tracking: str) -> float:
        """Return the seconds of one `python scripts/train.py` for every trial."""
        fixed = [f"{key}={value}" for key, value in CONSTANTS.items()]

        def train(number: int) -> None:
            rate = f"{LEARNING_RATE}={1e-4 * 100 ** (number / trials):.6g}"
            words = (sys.executable, "scripts/train.py", *fixed, rate, f"tracking.mode={tracking}")
            self._run(*words, home=f"cold-{tracking}")

        begin = time.monotonic()
        with ThreadPoolExecutor(self.agents) as pool:
            list(pool.map(train, range(trials)))
        return time.monotonic() - begin

    def overhead(self, tracking: str) -> float:
        """Return what an agent of `warm` spends on a trial besides its epoch, in seconds.

        Its first trial is left out, before which it loads the images.
        """
        from swatch.sweep.ledger import Ledger, sqlite_url

        folder = self.folder / tracking / "sweeps" / SWEEP_ID
        ends, trained = defaultdict(list), defaultdict(list)
        for trial in Ledger(sqlite_url(folder / "study.db")).trials(SWEEP_ID):
            assert trial.ended is not None
            ends[trial.agent].append(trial.ended.timestamp())
            trained[trial.agent].append(sum(record["seconds"] for record in trial.history))
        spans = sum(max(moments) - min(moments) for moments in ends.values())
        epochs = sum(sum(seconds[1:]) for seconds in trained.values())
        return (spans - epochs) / sum(len(moments) - 1 for moments in ends.values())


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--agents", type=int, default=2)
    parser.add_argument("--skip-agent", action="store_true", help="leave W&B's agent out, the slowest part")
    options = parser.parse_args()
    trials = options.trials
    if trials < 2 * options.agents + 1:
        parser.error(f"--trials must be above {2 * options.agents}, two for each agent, found {trials}")
    with tempfile.TemporaryDirectory() as folder, WandbServer() as server:
        bench = Throughput(Path(folder), server, options.agents)
        sweep = bench.write_sweep(trials, **CONSTANTS)
        # The images are fetched and checked, and modules compiled, before anything is timed.
        subprocess.run([*SWATCH, "data", "fetch"], check=True, stdout=subprocess.DEVNULL)
        bench.cold(options.agents, "disabled")
        load = " ".join(f"{value:.1f}" for value in os.getloadavg())
        print(f"{trials} trials, {options.agents} at a time, load {load}", flush=True)

        def row(way: str, seconds: float, against: float | None = None) -> float:
            factor = f"   {seconds / against:5.1f} times as long" if against is not None else ""
            print(f"{way:<42}{seconds:7.1f} s{3600 * trials / seconds:9,.0f} an hour{factor}", flush=True)
            return seconds

        for tracking in ("disabled", "offline"):
            warm = row(f"swatch sweep, tracking {tracking}", bench.warm(sweep, tracking))
            print(f"    an agent's time besides the epoch     {bench.overhead(tracking):7.2f} s a trial")
            row(f"python scripts/train.py, {tracking}", bench.cold(trials, tracking), warm)
        if not options.skip_agent:
            warm = row("swatch sweep, tracking online", bench.warm(sweep, "online"))
            row("wandb agent", bench.agent(sweep), warm)


if __name__ == "__main__":
    main()
