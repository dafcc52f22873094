"""Online trials while the server fails in every way: no trial is lost, and no run comes twice."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from swatch.sweep.home import sqlite_url
from swatch.sweep.ledger import Ledger
from swatch.sweep.records import TrialState
from wandb_server import WandbServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("agents")]

TRIALS, EPOCHS, SEED = 40, 6, 1
SWEEP = f"""
name: chaos
method: random
run_cap: {TRIALS}
metric: {{name: loss, goal: minimize}}
parameters:
  x: {{min: 0.0, max: 1.0}}
"""
FUNCTION = f"""
import time

def train(parameters, trial):
    for epoch in range(1, {EPOCHS} + 1):
        time.sleep(0.12)
        trial.report({{"loss": parameters["x"] / epoch}})
"""


class Chaos(threading.Thread):
    """Does something else to the server every moment, until it is told to end."""

    def __init__(self, server: WandbServer, seed: int) -> None:
        super().__init__(daemon=True)
        self.server, self.random = server, random.Random(seed)
        self.done: list[str] = []
        self._end = threading.Event()

    def run(self) -> None:
        while not self._end.is_set():
            kind = self.random.choice(["stop", "500", "403", "429", "slow", "drop", "hang", "calm"])
            self.done.append(kind)
            if kind == "stop":
                self.server.stop()
            elif kind in ("500", "403", "429"):
                where = self.random.choice([None, "graphql", "file_stream"])
                self.server.fail(int(kind), where=where, probability=0.7)
            elif kind == "slow":
                self.server.slow(1.0)
            elif kind == "drop":
                self.server.drop(probability=0.5, after=self.random.random() < 0.5)
            elif kind == "hang":
                self.server.hang(seconds=3.0)
            self._end.wait(self.random.uniform(0.5, 2.0))
            self.server.heal()
            self.server.start()
            self._end.wait(self.random.uniform(0.2, 1.0))

    def end(self) -> None:
        self._end.set()
        self.join()
        self.server.heal()
        self.server.start()


def test_every_trial_finishes_and_reaches_the_server_once(server: WandbServer, tmp_path: Path) -> None:
    (tmp_path / "chaos.yaml").write_text(SWEEP)
    (tmp_path / "job.py").write_text(FUNCTION)
    home = tmp_path / "runs"
    environment = {**os.environ, **server.environment, "SWATCH_HOME": str(home)}

    def swatch(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "swatch", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=400
        )

    chaos = Chaos(server, SEED)
    chaos.start()
    begin = time.monotonic()
    ran = swatch(
        *("sweep", "chaos.yaml", "--function", "job.py:train", "--agents=2", "--name=chaos"),
        *("--tracking=online", f"--seed={SEED}"),
    )
    seconds = time.monotonic() - begin
    chaos.end()
    output = ran.stdout + ran.stderr
    assert ran.returncode == 0, output
    assert len(set(chaos.done)) >= 4, chaos.done
    # 40 trials of 0.72 s with two agents: what the server does is not waited for.
    assert seconds < TRIALS * 0.12 * EPOCHS / 2 * 1.5 + 20
    ledger = Ledger(sqlite_url(home / "sweeps" / "chaos" / "study.db"))
    trials = ledger.trials("chaos")
    ledger.close()
    assert [trial.state for trial in trials] == [TrialState.FINISHED] * TRIALS
    assert all(len(trial.history) == EPOCHS for trial in trials)
    sent = swatch("sync", "chaos")
    assert sent.returncode == 0, sent.stdout + sent.stderr
    again = swatch("sync", "chaos")
    assert again.returncode == 0, again.stdout + again.stderr
    members = [run for run in server.runs.values() if run.sweep is not None]
    assert sorted(run.id for run in members) == sorted(trial.run_id for trial in trials)
    assert len(server.runs) == TRIALS
    assert len({run.sweep for run in members}) == 1
    for trial in trials:
        run = server.runs[trial.run_id]
        assert run.state == "finished"
        assert [row["loss"] for row in run.history] == [record["loss"] for record in trial.history]
        assert run.summary["loss"] == trial.objective
        assert run.config["x"] == trial.point["x"]
    keyless = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in keyless if server.key.encode() in path.read_bytes()]
    states = [json.loads(path.read_text()) for path in home.glob("*/tracking.json")]
    assert len(states) == TRIALS
