"""One sweep YAML, three ways to W&B; afterwards its API reads the same from all of them.

The same points are trained in each way: a grid's or a seeded search's own, and W&B's agent is handed those.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from swatch.sweep.home import sqlite_url
from swatch.sweep.ledger import Ledger
from wandb_server import WandbServer
from wandb_server.sweep_writes import make_run

# One after the other: several agents at once are more than two cores start in time.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("agents")]

REPOSITORY = Path(__file__).resolve().parents[2]
TRIALS = 2
SWATCH = [sys.executable, "-m", "swatch"]
WANDB = [sys.executable, "-m", "wandb"]
# What differs by nature: when and how fast it was, and what names the run.
TIMES = {
    "_timestamp",
    "_runtime",
    "seconds",
    "samples_per_second",
    "timestamp",
    "timings",
    "_wandb",
    "run_id",
}
WAYS = ("agent", "online", "synced")


class Ways:
    """A folder with the project, a server, and the three ways to run a sweep there."""

    def __init__(self, folder: Path, server: WandbServer, slice_folder: Path) -> None:
        self.folder, self.server = folder, server
        shutil.copytree(REPOSITORY / "scripts", folder / "scripts")
        (folder / "conf" / "project").mkdir(parents=True)
        # The tests' own small data; everything else is as it stands in the YAMLs.
        settings = {"data": {"folder": str(slice_folder), "checksums": None}}
        (folder / "conf" / "project" / "default.yaml").write_text(yaml.safe_dump(settings))

    def run(self, *command: str, home: str, **environment: str) -> str:
        """Run a command as a user does, and return what it printed."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("WANDB_")}
        # W&B's agent starts "python", as in an activated virtual environment.
        kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**kept, **self.server.environment, "SWATCH_HOME": str(self.folder / home), **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{output}"
        assert self.server.key not in output
        return output

    def online(self, sweep: Path) -> str:
        """Our engine in W&B's UI; returns the sweep's id on the server."""
        before = set(self.server.sweeps)
        self.run(
            *SWATCH,
            "sweep",
            str(sweep),
            f"--count={TRIALS}",
            "--agents=1",
            "--tracking=online",
            home="online",
        )
        (added,) = set(self.server.sweeps) - before
        return added

    def synced(self, sweep: Path) -> str:
        """Without a network first; then everything is sent."""
        before, requests = set(self.server.sweeps), len(self.server.requests)
        self.run(
            *SWATCH,
            "sweep",
            str(sweep),
            f"--count={TRIALS}",
            "--agents=1",
            "--tracking=offline",
            home="offline",
        )
        assert len(self.server.requests) == requests, "an offline sweep asked the server for something"
        self.run(*SWATCH, "sync", self.own_id(), home="offline")
        (added,) = set(self.server.sweeps) - before
        return added

    def agent(self, sweep: Path) -> str:
        """W&B's engine: its own commands; the server hands out the points of the other ways."""
        output = self.run(*WANDB, "sweep", "--project", "swatch", str(sweep), home="agent")
        found = re.search(r"sweep with ID: (\w+)", output)
        assert found is not None, output
        sweep_id = found[1]
        with self.server.store.lock:
            remote = self.server.store.sweeps[sweep_id]
            for point in self.points():
                wired = {key: {"value": value} for key, value in point.items()}
                remote.queue.append(make_run(self.server.store, remote, wired).id)
        self.run(
            *WANDB, "agent", f"--count={TRIALS}", f"{self.server.entity}/swatch/{sweep_id}", home="agent"
        )
        return sweep_id

    def own_id(self) -> str:
        (folder,) = (self.folder / "offline" / "sweeps").iterdir()
        return folder.name

    def points(self) -> list[dict[str, Any]]:
        """The offline sweep's points, constants included and nested as W&B's server would give them."""
        ledger = Ledger(sqlite_url(self.folder / "offline" / "sweeps" / self.own_id() / "study.db"))
        try:
            record = ledger.sweep(self.own_id())
            return [
                {key: _value(key, parameter, trial.point) for key, parameter in record.parameters.items()}
                for trial in ledger.trials(record.id)
            ]
        finally:
            ledger.close()


def _value(key: str, parameter: dict[str, Any], point: dict[str, Any]) -> Any:
    if "parameters" in parameter:
        inner = parameter["parameters"]
        return {name: _value(f"{key}.{name}", inner[name], point) for name in inner}
    if "value" in parameter:
        return parameter["value"]
    # A key that this point's choices do not have: W&B's server gives it a value all the same.
    return point.get(key, parameter["values"][0] if "values" in parameter else parameter.get("min"))


def plain(value: Any) -> Any:
    """A value of the API without what differs by nature, its objects as dicts."""
    if hasattr(value, "items"):
        return {key: plain(item) for key, item in value.items() if key not in TIMES}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def media(value: Any) -> Any:
    """Without the names of files, which hold random letters or hashes; type and size stay."""
    if isinstance(value, dict):
        dropped = {"path", "sha256", "artifact_path", "_latest_artifact_path"} if "_type" in value else set()
        return {key: media(item) for key, item in value.items() if key not in dropped}
    return value


def facts(run: Any) -> dict[str, Any]:
    """Everything that people see of a run."""
    config = plain(run.config)
    for key in ("tracking", "run", "paths", "launcher", "training"):
        config.pop(key, None)  # how it is watched, not what is trained
    return {
        "config": config,
        "history": [media(plain(row)) for row in run.scan_history()],
        "summary": media(plain(dict(run.summary.items()))),
        "state": run.state,
        "name": run.name,
        "job_type": run.job_type,
        "group": run.group,
        "is a member": run.sweep is not None,
        "files": sorted({re.sub(r"_\w{8,}(?=\.)", "", file.name) for file in run.files()} - {"output.log"}),
    }


def _order(run: dict[str, Any]) -> str:
    return json.dumps(run["config"], sort_keys=True)


@pytest.mark.parametrize("name", ["quick", "bayes", "random", "grid"])
def test_each_shipped_sweep_reads_the_same_from_all_three(
    name: str, server: WandbServer, slice_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import wandb

    ways = Ways(tmp_path, server, slice_folder)
    shutil.copytree(REPOSITORY / "sweeps", tmp_path / "sweeps")
    sweep = tmp_path / "sweeps" / f"{name}.yaml"
    content = yaml.safe_load(sweep.read_text())
    # When a server's early stopping strikes is a matter of time; everything else is as it stands.
    content.pop("early_terminate", None)
    sweep.write_text(yaml.safe_dump(content, sort_keys=False))
    ids = {"synced": ways.synced(sweep), "online": ways.online(sweep), "agent": ways.agent(sweep)}
    for key, value in server.environment.items():
        monkeypatch.setenv(key, value)
    api = wandb.Api()
    found: dict[str, list[dict[str, Any]]] = {}
    for way in WAYS:
        runs = list(api.sweep(f"{server.entity}/swatch/{ids[way]}").runs)
        assert len(runs) == TRIALS, way
        assert {run.sweep.id for run in runs} == {ids[way]}
        found[way] = sorted((facts(run) for run in runs), key=_order)
    for other in WAYS[1:]:
        for expected, run in zip(found["agent"], found[other], strict=True):
            for part, value in expected.items():
                assert run[part] == value, f"{part} differs between wandb agent and {other}"
    run = found["online"][0]
    assert run["state"] == "finished"
    assert isinstance(run["summary"]["val/accuracy"], float)
    assert run["summary"]["val/accuracy"] == max(
        row["val/accuracy"] for row in run["history"] if row.get("val/accuracy") is not None
    )
    assert not any("." in key for key in run["config"]), "a dotted twin of a nested key"
    assert len(server.runs) == 3 * TRIALS
    assert server.unexpected == []
