"""A run of W&B's engine as its training sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from swatch.sweep.agent.stop_flag import StopFlag
from swatch.tracking.remote_sweep import RemoteSweep

STOP_REASON = "stopped by W&B's server"


@dataclass(frozen=True)
class ServerDecision:
    """Whether W&B's server ends the run."""

    stop: bool
    reason: str | None = None


@dataclass
class ServerTrial:
    """Tells the controller of every epoch, and ends the training when it or the server says so."""

    run_id: str
    run_directory: Path
    overrides: tuple[str, ...]
    point: Mapping[str, Any]
    """The swept parameters, dotted key to typed value."""
    sweep_id: str
    """The server's."""
    remote_sweep: RemoteSweep
    tell: Callable[..., None] = field(repr=False)
    leaving: StopFlag = field(repr=False)
    _stopped: Event = field(default_factory=Event, repr=False)

    def stop(self) -> None:
        """End the run early, from any thread."""
        self._stopped.set()

    def log(self, record: dict[str, Any]) -> ServerDecision:
        """Take one epoch and return whether the run goes on."""
        self.tell("epoch", run_id=self.run_id, record=record)
        stop = self._stopped.is_set()
        return ServerDecision(stop, STOP_REASON if stop else None)

    def should_stop(self) -> bool:
        """Whether the worker is to leave: finish the step, save, and end as interrupted."""
        return self.leaving.is_set()
