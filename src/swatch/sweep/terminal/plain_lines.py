"""A sweep as lines of text, one for every trial that is over."""

from __future__ import annotations

from collections.abc import Sequence

from swatch.sweep.records import SweepRecord, SweepState, TrialRecord
from swatch.sweep.terminal.notices import agents_at_work, order_notice
from swatch.sweep.terminal.progress import progress


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
