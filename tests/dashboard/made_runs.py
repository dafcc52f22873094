"""Run directories that look like real ones, made of formulas."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from synthetic import CLASSES, confusion_counts

from swatch.tracking import RunDescription, RunDirectory
from swatch.tracking.tracker import SampleImages


def history(epochs: int, best: float = 0.9, metric: str = "val/accuracy") -> list[dict[str, Any]]:
    """Epochs that get better until the last."""
    return [
        {
            "epoch": epoch,
            "step": 100 * epoch,
            "train/loss": 1.0 / epoch,
            "val/loss": 1.1 / epoch,
            "train/accuracy": best * epoch / epochs,
            metric: best * epoch / epochs,
            "learning_rate": 10.0**-epoch,
            "seconds": 1.5,
        }
        for epoch in range(1, epochs + 1)
    ]


def make_run(
    home: Path,
    run_id: str,
    *,
    status: str | None = "finished",
    reason: str | None = None,
    epochs: int = 4,
    best: float = 0.9,
    config: dict[str, Any] | None = None,
    sweep_id: str | None = None,
    whole: bool = True,
) -> RunDirectory:
    """Write a run; with ``status`` None it has not ended, without ``whole`` it has no matrix and samples."""
    directory = RunDirectory(home / run_id)
    values = {"seed": 0, "epochs": epochs, "optimizer": {"_target_": "swatch.optim.adam.Adam", "beta1": 0.9}}
    description = RunDescription(
        run_id=run_id,
        name=f"name of {run_id}",
        config=values | (config or {}),
        overrides=[f"epochs={epochs}", "optimizer=adam"],
        goals={"val/accuracy": "maximize"},
        started=1.7e9,
        sweep_id=sweep_id,
        trial=None if sweep_id is None else 3,
    )
    records = history(epochs, best)
    directory.start(description, records)
    if whole:
        directory.confusion_matrix("val", CLASSES, confusion_counts(best, 0, per_class=60))
        directory.samples("val", samples())
    if status is not None:
        summary = {
            "run_id": run_id,
            "name": description.name,
            "monitor": "val/accuracy",
            "goal": "maximize",
            "best": records[-1] if records else None,
            "planned_epochs": epochs,
            "seconds": 1.5 * epochs,
            "parameters": 12345,
            "seed": 0,
            "timings": {"started": "2026-03-01T09:00:00+00:00", "epochs_seconds": 1.5 * epochs},
            "versions": {"numpy": "2.4.6"},
        }
        directory.finish(status, reason, summary)
    return directory


def samples() -> SampleImages:
    """Ten images, the last one taken for the first class."""
    actual = np.arange(10)
    return SampleImages(
        labels=CLASSES,
        images=np.full((10, 28, 28, 1), 128, np.uint8),
        actual=actual,
        predicted=np.where(actual == 9, 0, actual),
        probability=np.full(10, 0.75, np.float32),
    )


def long_ago(folder: Path) -> None:
    """Let everything in a folder have been written a minute ago."""
    for path in [*folder.iterdir(), folder]:
        moment = path.stat().st_mtime_ns - 60 * 10**9
        os.utime(path, ns=(moment, moment))
