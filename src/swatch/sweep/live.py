"""What a sweep shows while it runs: a live table on a terminal, a line per trial elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from swatch.sweep.progress import Progress, progress
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.table import Table

_STYLES = {
    TrialState.FINISHED: "green",
    TrialState.STOPPED: "yellow",
    TrialState.RUNNING: "cyan",
    TrialState.WAITING: "dim",
    TrialState.FAILED: "red",
    TrialState.CRASHED: "red",
}
STOPPING = "Stopping: running trials are saved and go on later. Ctrl-C again ends them at once."
_LINES_AROUND_TABLE = 9
_LEAST_ROWS = 4


class Display(Protocol):
    """Takes the trials as they change."""

    def update(self, trials: Sequence[TrialRecord], *, agents: int, stopping: bool) -> None:
        """Show the trials."""

    def say(self, text: str) -> None:
        """Show one line that stays."""

    def close(self) -> None:
        """Give the terminal back."""


def make_display(sweep: SweepRecord) -> Display:
    """Return the live table if stderr is a terminal, else plain lines."""
    from swatch.console import console

    target = console(stderr=True)
    return LiveTable(sweep, target) if target.is_terminal else PlainLines(sweep)


class PlainLines:
    """One line for every trial that is over, for logs."""

    def __init__(self, sweep: SweepRecord) -> None:
        self._sweep = sweep
        self._told: set[int] | None = None
        self._stopping = False

    def update(self, trials: Sequence[TrialRecord], *, agents: int, stopping: bool) -> None:
        """Tell of trials that have ended since the last call."""
        if stopping and not self._stopping:
            self._stopping = True
            self.say(STOPPING[0].lower() + STOPPING[1:])
        over = [trial for trial in trials if trial.state.is_over]
        if self._told is None:
            # Those of an earlier start are no news.
            self._told = {trial.number for trial in over}
        for trial in over:
            if trial.number not in self._told:
                self._told.add(trial.number)
                self.say(self._line(trial, trials, agents, len(self._told)))

    def say(self, text: str) -> None:
        """Print a line to stderr."""
        from swatch.console import say

        say(text)

    def close(self) -> None:
        """Nothing is held."""

    def _line(self, trial: TrialRecord, trials: Sequence[TrialRecord], agents: int, place: int) -> str:
        from swatch.report.labels import format_metric, format_seconds
        from swatch.report.ranking import best_trial, value_of

        now = progress(trials, self._sweep.count, agents)
        of = f"/{now.total}" if now.total is not None else ""
        parts = [f"{place}{of}", f"trial {trial.number} {trial.state}"]
        if trial.state.has_result:
            best = best_trial(self._sweep, trials)
            parts.append(f"{self._sweep.metric} {format_metric(value_of(trial))}")
            if best is not None:
                parts.append(f"best {format_metric(value_of(best))}")
        elif trial.reason:
            parts.append(trial.reason)
        if trial.seconds is not None:
            parts.append(format_seconds(trial.seconds))
        parts.append(describe_point(trial))
        if now.left is not None and now.over != now.total:
            parts.append(f"{format_seconds(now.left)} left")
        return "  ".join(parts)


class LiveTable:
    """Best on top, then the running ones; counts, time behind and time left below."""

    def __init__(self, sweep: SweepRecord, console: Console) -> None:
        self._sweep, self._console = sweep, console
        self._started = time.monotonic()
        self._live: Live | None = None

    def update(self, trials: Sequence[TrialRecord], *, agents: int, stopping: bool) -> None:
        """Draw the table anew."""
        from rich.live import Live

        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(self.render(trials, agents=agents, stopping=stopping), refresh=True)

    def say(self, text: str) -> None:
        """Print a line above the table."""
        self._console.print(text, markup=False)

    def close(self) -> None:
        """Remove the table; the results take its place."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def render(self, trials: Sequence[TrialRecord], *, agents: int, stopping: bool) -> RenderableType:
        """Return what the terminal shows."""
        from rich.console import Group
        from rich.text import Text

        status = status_line(progress(trials, self._sweep.count, agents), time.monotonic() - self._started)
        lines: list[RenderableType] = [self._table(trials), Text(status)]
        if stopping:
            lines.append(Text(STOPPING, style="yellow"))
        return Group(*lines)

    def _table(self, trials: Sequence[TrialRecord]) -> Table:
        from rich.table import Table
        from rich.text import Text

        from swatch.report.labels import (
            format_metric,
            format_seconds,
            format_value,
            metric_label,
            short_names,
        )
        from swatch.report.ranking import value_of

        rows = self._rows(trials)
        keys = list(dict.fromkeys(key for trial in trials for key in trial.point))
        names = short_names(keys)
        table = Table(title=Text(f"Sweep {self._sweep.id}"), title_justify="left", expand=False)
        table.add_column("trial", justify="right", no_wrap=True)
        table.add_column("state", no_wrap=True)
        table.add_column(Text(metric_label(self._sweep.metric)), justify="right")
        table.add_column("epoch", justify="right", no_wrap=True)
        table.add_column("time", justify="right", no_wrap=True)
        for key in keys:
            table.add_column(Text(names[key]), overflow="ellipsis", no_wrap=True)
        for index, trial in enumerate(rows):
            style = "bold" if index == 0 and trial.state.has_result else ""
            table.add_row(
                str(trial.number),
                Text(trial.state, style=_STYLES[trial.state]),
                Text(format_metric(value_of(trial)), style=style),
                self._epoch(trial),
                format_seconds(seconds_so_far(trial)),
                *(Text(format_value(trial.point[key]) if key in trial.point else "–") for key in keys),
            )
        return table

    def _rows(self, trials: Sequence[TrialRecord]) -> list[TrialRecord]:
        """Return the trials that fit the terminal: the running ones, and the best of the others."""
        from swatch.report.ranking import ranked

        room = max(_LEAST_ROWS, self._console.size.height - _LINES_AROUND_TABLE)
        order = ranked(self._sweep, trials)
        running = [trial for trial in order if not trial.state.is_over]
        over = [trial for trial in order if trial.state.is_over]
        kept = over[: max(1, room - len(running))]
        results = [trial for trial in kept if trial.state.has_result]
        return results + running + [trial for trial in kept if not trial.state.has_result]

    def _epoch(self, trial: TrialRecord) -> str:
        epochs = trial.point.get("epochs", self._sweep.options.get("epochs"))
        last = trial.history[-1].get("epoch", "–") if trial.history else 0
        return f"{last}/{epochs}" if epochs else str(last)


def status_line(now: Progress, elapsed: float) -> str:
    """Return counts and times in one line."""
    from swatch.report.labels import format_seconds

    of = f" of {now.total}" if now.total is not None else ""
    parts = [f"{now.over}{of} done", f"{now.running} running"]
    counted = ((now.stopped, "stopped early"), (now.failed, "failed"), (now.waiting, "waiting"))
    parts += [f"{number} {what}" for number, what in counted if number]
    parts.append(f"{format_seconds(elapsed)} elapsed")
    if now.left is not None:
        parts.append(f"about {format_seconds(now.left)} left")
    return " · ".join(parts)


def describe_point(trial: TrialRecord) -> str:
    """Return a trial's parameters in one line."""
    from swatch.report.labels import format_value, short_names

    names = short_names(trial.point)
    return " ".join(f"{names[key]}={format_value(value)}" for key, value in trial.point.items())


def seconds_so_far(trial: TrialRecord) -> float | None:
    """Return how long a trial took or has been going."""
    from datetime import UTC, datetime

    if trial.seconds is not None:
        return trial.seconds
    if trial.state is not TrialState.RUNNING or trial.started is None:
        return None
    return max(0.0, (datetime.now(UTC) - trial.started).total_seconds())
