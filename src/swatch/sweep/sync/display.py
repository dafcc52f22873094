"""What a sync shows: a line for every run, and a bar below them where there is a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from swatch.sweep.sync.sending import Kind, Outcome

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_STYLES = {Kind.SENT: "green", Kind.THERE: "dim", Kind.REFUSED: "red", Kind.UNSENT: "yellow"}


class Display:
    """Shows outcomes as they come."""

    def __init__(self, console: Console) -> None:
        """Show on ``console``."""
        self._console = console
        self._done = self._total = 0
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    @contextmanager
    def counting(self, total: int) -> Iterator[None]:
        """Count ``total`` runs that are to be sent, with a bar on a terminal."""
        self._done, self._total = 0, total
        if not self._console.is_terminal:
            yield
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self._console, transient=True) as self._bar:
            self._task = self._bar.add_task("sending", total=total)
            yield

    def take(self, outcome: Outcome) -> None:
        """Show what became of a run that was to be sent."""
        self._done += 1
        self.line(outcome, f"{self._done}/{self._total}  ")
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)

    def line(self, outcome: Outcome, before: str = "") -> None:
        """Show what became of a run."""
        self.say(f"{before}{outcome.item.name}: {outcome.text}", _STYLES.get(outcome.kind, ""))

    def say(self, text: str, style: str = "") -> None:
        """Show a line that stays."""
        self._console.print(text, style=style, markup=False, soft_wrap=True)


def counts(outcomes: Sequence[Outcome]) -> str:
    """Return how many runs came to what: ``18 sent (216 rows, 900 images), 2 already there``."""
    count = Counter(outcome.kind for outcome in outcomes)
    parts = []
    for kind in Kind:
        if not count[kind]:
            continue
        part = f"{count[kind]} {kind.value}"
        if kind is Kind.SENT:
            replayed = [outcome.replayed for outcome in outcomes if outcome.replayed is not None]
            rows, images = sum(one.rows for one in replayed), sum(one.images for one in replayed)
            part += f" ({rows:,} rows{f', {images:,} images' if images else ''})"
        parts.append(part)
    return ", ".join(parts) or "nothing to send"
