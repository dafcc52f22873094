"""What a sweep shows while it runs: a live table on a terminal, a line per trial elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from swatch.sweep.records import SweepRecord, TrialRecord


class Display(Protocol):
    """Takes the trials as they change."""

    def update(
        self,
        trials: Sequence[TrialRecord],
        *,
        agents: int,
        stopping: bool,
        sweep: SweepRecord | None = None,
    ) -> None:
        """Show the trials; ``sweep`` is given where its state or its number of trials may have changed."""

    def say(self, text: str) -> None:
        """Show one line that stays."""

    def close(self) -> None:
        """Give the terminal back."""


def make_display(sweep: SweepRecord) -> Display:
    """Return the live table if stderr is a terminal, else plain lines."""
    from swatch.console import console
    from swatch.sweep.terminal.live_table import LiveTable
    from swatch.sweep.terminal.plain_lines import PlainLines

    target = console(stderr=True)
    return LiveTable(sweep, target) if target.is_terminal else PlainLines(sweep)
