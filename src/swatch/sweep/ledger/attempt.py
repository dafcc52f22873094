"""The handle of one go at a trial."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from swatch.errors import Interrupted
from swatch.sweep.records import Point


class Fenced(Interrupted):
    """The attempt has been given up as dead; another one may run. What it reports now is refused."""


@dataclass(frozen=True)
class Attempt:
    """One go at a trial by one agent; the handle for everything that is written about it."""

    id: int
    sweep_id: str
    trial_id: int
    number: int
    """Counts the trial's attempts from 1."""
    run: int
    """The row of the run whose epochs are being logged."""
    optuna_trial_id: int
    base: int
    """The last epoch that earlier attempts had logged; -1 if there is none."""
    metric: str
    goal: str
    trial_number: int
    point: Point
    run_id: str
    seed: int
    started: datetime
    repeat: int = 0
    """Which of the trial's runs is being trained, from 0."""
    _began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """Return the time by the clock as it was set at the start: setting it changes no duration."""
        return self.started + timedelta(seconds=time.monotonic() - self._began)
