"""A run that is tracked online in the tests, and the server that it goes to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swatch.tracking import RunDescription, background
from swatch.tracking.tracker import Commit, DatasetReference, SampleImages
from swatch.tracking.wandb_process import end_service
from wandb_server import WandbServer

STARTED = 1_700_000_000.0
RUN = RunDescription(
    "2026-run_1",
    "adam_lr0.002",
    {
        "optimizer": {"learning_rate": 1e-05, "_target_": "a.b"},
        "model": {"hidden_sizes": [256, 128], "text": "é = [1]"},
        "none": None,
        "flag": True,
    },
    notes="a note",
    tags=["baseline"],
    group="sweep-1",
    job_type="train",
    goals={"val/accuracy": "maximize", "val/loss": "minimize"},
    started=STARTED,
    commit=Commit("a" * 40, "https://example.org/code.git"),
    dataset=DatasetReference("Fashion-MNIST", {"train": {"sha256": "ab" * 32, "size": 3}}),
)
HISTORY: list[dict[str, Any]] = [
    {"epoch": e, "step": 10 * e, "val/accuracy": a, "val/loss": 1 - a, "timestamp": STARTED + 60 * e}
    for e, a in ((1, 0.5), (2, 0.75), (3, 0.6))
]
SUMMARY: dict[str, Any] = {"best": HISTORY[1], "parameters": 7, "versions": {"python": "3"}, "per_class": []}
COUNTS = [[3, 1], [0, 4]]


def samples() -> SampleImages:
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28, 1), dtype=np.uint8)
    classes, probability = np.array([0, 0, 1, 1]), np.full(4, 0.5, np.float32)
    return SampleImages(["a", "b"], images, classes, np.array([0, 1, 1, 1]), probability)


@contextmanager
def online_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    """Lead wandb to a new server. It reads keys and addresses once per service: so there is a new one too."""
    with WandbServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(background, "_breaker", background.Breaker())
        yield server
        server.heal()
        background.drain(10)
        end_service(0.0)
        wait_until(lambda: tracking_threads() == 0)


def rows(server: WandbServer, run_id: str = RUN.run_id) -> list[dict[str, Any]]:
    run = server.runs.get(run_id)
    lines = [] if run is None else run.streams.get("wandb-history.jsonl", [])
    return [json.loads(line) for line in lines]


def told(directory: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((directory / "tracking.json").read_text())
    return content


def files_with(text: str, folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and text.encode() in p.read_bytes()]


def wait_until(condition: Any, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def tracking_threads() -> int:
    return sum(thread.name.startswith("tracking-") for thread in threading.enumerate())
