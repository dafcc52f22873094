"""Early stopping as W&B's engine does it: marks the runs of a sweep that are to be stopped."""

from __future__ import annotations

import math
from typing import Any

from wandb_server.filters import inside
from wandb_server.model import Run, Sweep


def bands(settings: dict[str, Any]) -> list[int]:
    """After how many logged values a run is looked at, in ascending order."""
    eta = settings.get("eta", 3)
    if "min_iter" in settings:
        return [int(settings["min_iter"] * eta**i) for i in range(20)]
    count, highest = settings.get("s", 0), settings.get("max_iter", 0)
    return sorted(int(highest / eta**i) for i in range(1, count + 1) if highest / eta**i >= 1)


def mark(sweep: Sweep, runs: list[Run]) -> None:
    settings = sweep.config.get("early_terminate") or {}
    name, goal = sweep.metric
    if settings.get("type") != "hyperband" or not name:
        return
    sign = -1.0 if goal == "maximize" else 1.0
    values = {run.id: [sign * v for v in logged(run, name)] for run in runs}
    for run in runs:
        if run.state == "running" and _is_hopeless(settings, values[run.id], list(values.values())):
            run.stop_requested = True


def logged(run: Run, name: str) -> list[float]:
    """The metric's logged values, those that are numbers."""
    found = [inside(row, name) for row in run.history]
    return [float(v) for v in found if isinstance(v, (int, float)) and math.isfinite(v)]


def _is_hopeless(settings: dict[str, Any], mine: list[float], everyone: list[list[float]]) -> bool:
    reached = [band for band in bands(settings) if band <= len(mine)]
    if not reached:
        return False
    band = reached[-1]
    there = sorted(values[band - 1] for values in everyone if len(values) >= band)
    threshold = there[min(int(len(there) / settings.get("eta", 3)), len(there) - 1)]
    return (mine[band - 1] if settings.get("strict") else min(mine)) > threshold
