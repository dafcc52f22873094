"""Sweeps and runners for the tests of the process half."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from swatch.sweep.agent.agent import Agent, AgentEnd
from swatch.sweep.agent.stop_flag import StopFlag
from swatch.sweep.agent.trial import Trial
from swatch.sweep.ledger import Ledger, sqlite_url
from swatch.sweep.records import SweepRecord, TrialRecord
from swatch.sweep.restored import RestoredSweep

LINE = {"x": {"min": 0.0, "max": 1.0}, "optimizer": {"values": ["adam", "sgd"]}}


@dataclass(frozen=True)
class Ended:
    """A training's end, as a runner returns it."""

    status: str = "finished"
    reason: str | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)


def parabola(trial: Trial) -> Ended:
    """Three epochs whose best value is the distance of x from 0.3, and an obedient end."""
    for epoch in (1, 2, 3):
        decision = trial.log({"epoch": epoch, "loss": loss_of(trial.point) + 1 / epoch})
        if decision.stop:
            return Ended("stopped", decision.reason, {"epochs": epoch})
        if trial.should_stop():
            return Ended("interrupted", "told to stop")
    return Ended(summary={"epochs": 3})


def loss_of(point: Mapping[str, Any]) -> float:
    return math.fabs(point["x"] - 0.3) + (0.1 if point["optimizer"] == "sgd" else 0.0)


def make_sweep(
    folder: Path,
    *,
    method: str = "random",
    count: int | None = 4,
    seed: int = 0,
    parameters: Mapping[str, Any] = LINE,
    extra: Mapping[str, Any] | None = None,
    repeats: int = 1,
    **options: Any,
) -> SweepRecord:
    """Make a sweep of a function in ``folder``'s ledger."""
    text = yaml.safe_dump(
        {
            "method": method,
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": dict(parameters),
            **(extra or {}),
        }
    )
    record = SweepRecord(
        id="s",
        yaml=text,
        overrides=(),
        seed=seed,
        method=method,
        metric="loss",
        goal="minimize",
        count=count,
        state="running",
        created=datetime.now(UTC),
        function="<test>",
        parameters=parameters,
        options={"tracking": {"mode": "disabled"}, **options},
        repeats=repeats,
    )
    open_ledger(folder, create=True).create_sweep(record, identity="test")
    return record


def open_ledger(folder: Path, *, create: bool = False) -> Ledger:
    url = sqlite_url(folder / "study.db")
    return Ledger(url, create=create)


def make_agent(folder: Path, runner: Callable[[Trial], Any], stop: StopFlag | None = None) -> Agent:
    ledger = open_ledger(folder)
    restored = RestoredSweep.of(ledger.sweep("s"))
    ledger.close()
    ledger = Ledger(ledger.url, axes=restored.axes)
    return Agent(ledger, restored, runner, home=folder / "runs", stop=stop)


def work(folder: Path, runner: Callable[[Trial], Any], stop: StopFlag | None = None) -> AgentEnd:
    return make_agent(folder, runner, stop).work()


def trials_of(folder: Path) -> list[TrialRecord]:
    return open_ledger(folder).trials("s")
