"""How a training ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swatch.errors import Interrupted, RunFailed

FINISHED, STOPPED, FAILED, INTERRUPTED = "finished", "stopped", "failed", "interrupted"


@dataclass(frozen=True)
class Outcome:
    """A status and why."""

    status: str
    """``finished`` (also early), ``stopped`` (by the sweep's rule), ``failed`` or ``interrupted``."""
    reason: str | None = None


@dataclass(frozen=True)
class RunResult:
    """One run, after it."""

    run_id: str
    directory: Path
    status: str
    reason: str | None
    summary: dict[str, Any] = field(repr=False)
    """The contents of ``summary.json``."""
    history: list[dict[str, Any]] = field(repr=False)
    """The lines of ``history.jsonl``."""

    def raise_unless_done(self) -> None:
        """Turn a status other than finished or stopped into the exception that gives the exit code.

        Raises:
            RunFailed: The run failed (exit code 1).
            Interrupted: It was interrupted and can go on (exit code 130).
        """
        if self.status == FAILED:
            raise RunFailed(f"the run failed: {self.reason} ({self.directory})")
        if self.status == INTERRUPTED:
            raise Interrupted(f"interrupted: {self.reason}; {self._way_on()}")

    def _way_on(self) -> str:
        if (self.directory / "checkpoint.npz").exists():
            return f"the same command goes on from there (or training.resume={self.run_id})"
        return "training.checkpoint is off, so the same command starts anew"
