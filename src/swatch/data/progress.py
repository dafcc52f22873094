"""Telling the user what is being fetched, how much of it has come, and what is waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import rich.progress


class Progress(Protocol):
    """Receives what fetching does; one transfer at a time."""

    def say(self, text: str) -> None:
        """Take note of one step."""
        ...

    def begin(self, text: str, total: int | None) -> None:
        """Start a transfer of ``total`` bytes (None: not known)."""
        ...

    def update(self, done: int) -> None:
        """Take note that ``done`` bytes of the transfer have come so far."""
        ...

    def end(self) -> None:
        """End the transfer, complete or not."""
        ...


class TerminalProgress:
    """Lines on stderr, and a bar for each transfer where stderr is a terminal."""

    def __init__(self) -> None:
        self._bar: rich.progress.Progress | None = None

    def say(self, text: str) -> None:
        """Print one line."""
        from swatch.console import say

        say(text)

    def begin(self, text: str, total: int | None) -> None:
        """Show a bar if there is a terminal."""
        from swatch.console import console

        if not console(stderr=True).is_terminal:
            return
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=console(stderr=True),
            transient=True,
        )
        self._bar.add_task(text, total=total)
        self._bar.start()

    def update(self, done: int) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done)

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
