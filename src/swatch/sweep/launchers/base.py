"""What a controller asks of a launcher, whatever runs the agents."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Protocol

LOST = 255
"""Stands for the exit code of a job that left none: cancelled, out of time, or its host is gone."""


class AgentHandle(Protocol):
    """One agent that a controller started; it meets its sweep in the ledger and nowhere else."""

    name: str
    """Its name in the ledger."""
    log_file: Path

    def exit_code(self) -> int | None:
        """Return the exit code (a signal's number negated), or None while it lives or waits for its turn."""

    def describe_end(self) -> str:
        """Return how it ended, in words."""

    def ask_to_stop(self) -> None:
        """Have it finish the step, save, give the trial back, and leave."""

    def kill(self) -> None:
        """End it at once."""

    def wait(self) -> None:
        """Wait for the end of one that was killed, where that is a matter of moments."""

    def last_words(self) -> str:
        """Return the last line of its log."""


class Launcher(Protocol):
    """Starts agents."""

    queues: bool
    """Whether agents may have to wait for their turn; then nobody waits for those that no trial needs."""

    def start(self) -> AgentHandle:
        """Start one more agent. Raises UserError if that cannot be done, with the cluster's own words."""

    def close(self) -> None:
        """Let go of what was needed to start agents."""


def new_name() -> str:
    """Return a name that no other agent has."""
    return f"agent-{secrets.token_hex(4)}"


def last_line(log_file: Path) -> str:
    """Return the last line of a log that says something."""
    try:
        lines = log_file.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
