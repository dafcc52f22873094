"""What a sweep shows while it runs: a live table on a terminal, a line per trial elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from swatch.sweep.progress import progress
from swatch.sweep.records import SweepRecord, SweepState, TrialRecord

STOPPING = "Stopping: running trials are saved and go on later. Ctrl-C again ends them at once."
_ORDERS = {
    SweepState.PAUSED: "Paused: running trials go on to their end, nothing new begins. To go on: {resume}",
    SweepState.STOPPING: "Stopping: running trials go on to their end; then the sweep ends.",
    SweepState.CANCELLING: "Cancelling: running trials are saved; then the sweep ends.",
}


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
    from swatch.sweep.live_table import LiveTable

    target = console(stderr=True)
    return LiveTable(sweep, target) if target.is_terminal else PlainLines(sweep)


def order_notice(sweep: SweepRecord, *, stopping: bool = False) -> str | None:
    """Return the line that says what somebody asked of the sweep; ``stopping`` is Ctrl-C here."""
    if stopping:
        return STOPPING
    notice = _ORDERS.get(SweepState(sweep.state))
    return notice and notice.format(resume=f"swatch sweep --resume {sweep.id}")


def agents_at_work(sweep: SweepRecord, agents: int) -> int:
    """Return how many agents bring the sweep forward, for the time it still takes: none in a pause."""
    return agents if sweep.state == SweepState.RUNNING else 0


class PlainLines:
    """One line for every trial that is over, for logs."""

    def __init__(self, sweep: SweepRecord) -> None:
        self._sweep = sweep
        self._told: set[int] | None = None
        self._notice: str | None = None

    def update(
        self,
        trials: Sequence[TrialRecord],
        *,
        agents: int,
        stopping: bool,
        sweep: SweepRecord | None = None,
    ) -> None:
        """Tell of orders, and of trials that have ended, since the last call."""
        self._sweep = sweep or self._sweep
        notice = order_notice(self._sweep, stopping=stopping)
        if notice != self._notice:
            if notice is not None:
                self.say(notice[0].lower() + notice[1:])
            elif self._sweep.state == SweepState.RUNNING:
                self.say("going on")
            self._notice = notice
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
        from swatch.report.labels import format_seconds
        from swatch.report.ranking import best_trial, result_text

        now = progress(trials, self._sweep.count, agents_at_work(self._sweep, agents))
        of = f"/{now.total}" if now.total is not None else ""
        parts = [f"{place}{of}", f"trial {trial.number} {trial.state}"]
        if trial.state.has_result:
            best = best_trial(self._sweep, trials)
            parts.append(f"{self._sweep.metric} {result_text(trial)}")
            if best is not None:
                parts.append(f"best {result_text(best)}")
        elif trial.reason:
            parts.append(trial.reason)
        if trial.seconds is not None:
            parts.append(format_seconds(trial.seconds))
        parts.append(describe_point(trial))
        if now.left is not None and now.over != now.total:
            parts.append(f"{format_seconds(now.left)} left")
        return "  ".join(parts)


def describe_point(trial: TrialRecord) -> str:
    """Return a trial's parameters in one line."""
    from swatch.report.labels import format_value, short_names

    names = short_names(trial.point)
    return " ".join(f"{names[key]}={format_value(value)}" for key, value in trial.point.items())
