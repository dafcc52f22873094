"""Sweeps that ran offline, and what a server has of them afterwards."""

from __future__ import annotations

import functools
import io
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from swatch.sweep.agent.trial import Trial
from swatch.sweep.api import run
from swatch.sweep.records import TrialRecord
from swatch.sweep.sync import SyncRequest, sync
from wandb_server import KEY, WandbServer

SWEEP = {
    "name": "offline",
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 2},
    "parameters": {
        "optimizer.rate": {"values": [0.1, 0.2, 0.3, 0.9, -1.0]},
        "note": {"value": "a b=[c] é"},
        "sizes": {"value": [3, 4]},
    },
}
EPOCHS = 4


def descend(parameters: dict[str, Any], trial: Trial) -> None:
    """Finishes for small rates, is stopped early for a large one, and fails for a negative one."""
    rate = parameters["optimizer"]["rate"]
    for epoch in range(EPOCHS):
        if rate < 0 and epoch == 1:
            raise ValueError("the rate is\nnegative")
        trial.report({"loss": rate * (1 + 1 / (epoch + 1)), "val/score": 1 - rate})


def sweep_offline(home: Path, **changes: Any) -> list[TrialRecord]:
    """Leave a sweep ``s`` with its runs in ``home``, which was never told to wandb, and return its trials."""
    folder, trials = _swept(json.dumps({**SWEEP, **changes}))
    shutil.copytree(folder.name, home, dirs_exist_ok=True)
    return trials


@functools.cache
def _swept(text: str) -> tuple[tempfile.TemporaryDirectory[str], list[TrialRecord]]:
    """Run a sweep, once for all tests."""
    folder = tempfile.TemporaryDirectory(prefix="swatch-test-")
    return folder, run(json.loads(text), descend, name="s", home=folder.name, tracking="disabled").trials


@contextmanager
def serving(patch: pytest.MonkeyPatch, **options: Any) -> Iterator[WandbServer]:
    """A server that clients of this process, and of those it starts, find in the environment."""
    import wandb

    with WandbServer(**options) as server:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        # wandb keeps the first server that it was told of.
        wandb.teardown()
        yield server
        wandb.teardown()
        assert server.unexpected == []


def send(target: str, home: Path, **options: Any) -> str:
    """Sync in this process and return what was printed."""
    out = io.StringIO()
    try:
        sync(SyncRequest(target, home, **options), Console(file=out, width=200))
    finally:
        wandb_text = out.getvalue()
        assert KEY not in wandb_text
    return wandb_text


def api_runs(server: WandbServer, project: str = "swatch") -> dict[str, Any]:
    """Return the project's runs as ``wandb.Api()`` reads them."""
    import wandb

    api = wandb.Api(overrides={"base_url": server.url, "entity": server.entity}, api_key=KEY)
    return {one.id: one for one in api.runs(f"{server.entity}/{project}", lazy=False)}


def rows_of(api_run: Any) -> list[dict[str, Any]]:
    """Return a run's history without what wandb adds to it, but with the times."""
    rows = [{key: row[key] for key in row if row[key] is not None} for row in api_run.scan_history()]
    return [{key: row[key] for key in row if key not in ("_step", "_runtime")} for row in rows]


def history_of(directory: Path) -> list[dict[str, Any]]:
    """Return a run directory's history as a server shows it."""
    lines = (directory / "history.jsonl").read_text().splitlines()
    return [
        {"_timestamp" if key == "timestamp" else key: value for key, value in json.loads(line).items()}
        for line in lines
    ]


def summary_of(directory: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((directory / "summary.json").read_text())
    return summary


def without_times(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a summary without what differs from one sending to the next."""
    return {key: value for key, value in values.items() if key not in ("_wandb", "_runtime", "_timestamp")}


def writes(server: WandbServer, run_id: str) -> int:
    """How often a client streamed something for a run."""
    return sum(request.path.endswith(f"/{run_id}/file_stream") for request in server.requests)
