"""A sweep as a table on the terminal that is drawn anew while it runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from swatch.sweep.records import SweepRecord, TrialRecord, TrialState
from swatch.sweep.terminal.notices import agents_at_work, order_notice
from swatch.sweep.terminal.progress import Progress, progress

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.table import Table

_LINES_AROUND_TABLE = 9
_LEAST_ROWS = 4


class LiveTable:
    """Best on top, then the running ones; counts, time behind and time left below."""

    def __init__(self, sweep: SweepRecord, console: Console) -> None:
        self._sweep, self._console = sweep, console
        self._started = time.monotonic()
        self._live: Live | None = None

    def update(
        self,
        trials: Sequence[TrialRecord],
        *,
        agents: int,
        stopping: bool,
        sweep: SweepRecord | None = None,
    ) -> None:
        """Draw the table anew."""
        from rich.live import Live

        self._sweep = sweep or self._sweep

        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()
        self._live.update(self.render(trials, agents=agents, stopping=stopping), refresh=True)

    def say(self, text: str) -> None:
        """Print a line above the table."""
        self._console.print(text, markup=False)

    def close(self) -> None:
        """Leave the table as it stands; the results follow below it."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def render(self, trials: Sequence[TrialRecord], *, agents: int, stopping: bool) -> RenderableType:
        """Return what the terminal shows."""
        from rich.console import Group
        from rich.text import Text

        now = progress(trials, self._sweep.count, agents_at_work(self._sweep, agents))
        status = status_line(now, time.monotonic() - self._started)
        lines: list[RenderableType] = [self._table(trials)] if trials else []
        lines.append(Text(status if trials else f"{status} · {agents} agents starting"))
        notice = order_notice(self._sweep, stopping=stopping)
        if notice is not None:
            lines.append(Text(notice, style="yellow"))
        return Group(*lines)

    def _table(self, trials: Sequence[TrialRecord]) -> Table:
        from rich.table import Table
        from rich.text import Text

        from swatch.report.labels import format_seconds, metric_label
        from swatch.report.ranking import result_text
        from swatch.report.terminal.columns import STATE_STYLES, column_width, lay_out
        from swatch.report.terminal.title import table_title

        rows = self._rows(trials)
        table = Table(title=table_title(f"Sweep {self._sweep.id}"), title_justify="left")
        facts = {
            "trial": [str(trial.number) for trial in rows],
            "state": [str(trial.state) for trial in rows],
            metric_label(self._sweep.metric): [result_text(trial) for trial in rows],
            "epoch": [self._epoch(trial) for trial in rows],
            "time": [format_seconds(seconds_so_far(trial)) for trial in rows],
        }
        keys = list(dict.fromkeys(key for trial in trials for key in trial.point))
        layout = lay_out(facts, rows, keys, self._console.width)
        for name, heading in layout.headings.items():
            width, left = column_width(heading, facts[name]), name == "state"
            table.add_column(Text(heading), width=width, no_wrap=True, justify="left" if left else "right")
        for name, cells in layout.parameters.items():
            table.add_column(Text(name), width=column_width(name, cells), no_wrap=True)
        for index, trial in enumerate(rows):
            best = "bold" if index == 0 and trial.state.has_result else ""
            number, state, value, epoch, seconds = (cells[index] for cells in facts.values())
            shown = [Text(number), Text(state, style=STATE_STYLES[trial.state]), Text(value, style=best)]
            shown += [Text(epoch), Text(seconds)]
            table.add_row(*shown, *(Text(column[index]) for column in layout.parameters.values()))
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
        history = trial.runs[-1].history if trial.runs else trial.history
        last = history[-1].get("epoch", "–") if history else 0
        seed = f", seed {len(trial.runs)}/{self._sweep.repeats}" if self._sweep.repeats > 1 else ""
        return (f"{last}/{epochs}" if epochs else str(last)) + seed


def status_line(now: Progress, seconds: float, what: str = "elapsed") -> str:
    """Return counts and times in one line; ``what`` says of what the ``seconds`` are."""
    from swatch.report.labels import format_seconds

    of = f" of {now.total}" if now.total is not None else ""
    parts = [f"{now.over}{of} done", f"{now.running} running"]
    counted = ((now.stopped, "stopped early"), (now.failed, "failed"), (now.waiting, "waiting"))
    parts += [f"{number} {state}" for number, state in counted if number]
    parts.append(f"{format_seconds(seconds)} {what}")
    if now.left is not None:
        parts.append(f"about {format_seconds(now.left)} left")
    return " · ".join(parts)


def seconds_so_far(trial: TrialRecord) -> float | None:
    """Return how long a trial took or has been going."""
    if trial.seconds is not None:
        return trial.seconds
    return trial.seconds_until(datetime.now(UTC)) if trial.state is TrialState.RUNNING else None
