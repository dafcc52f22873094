"""A reader's picture of a sweep, kept up to date by asking the ledger only for what changed."""

from __future__ import annotations

from typing import Any

from swatch.sweep.ledger import Ledger
from swatch.sweep.records import TrialRecord, TrialState


class SweepView:
    """All trials of a sweep; ``refresh`` costs as much as there is news."""

    def __init__(self, ledger: Ledger, sweep_id: str) -> None:
        self._ledger = ledger
        self._sweep_id = sweep_id
        self._revision = 0
        self._trials: dict[int, TrialRecord] = {}

    def refresh(self) -> list[TrialRecord]:
        """Read the news and return the trials that changed."""
        self._revision, changed = self._ledger.changes(self._sweep_id, self._revision)
        self._trials |= {trial.number: trial for trial in changed}
        return changed

    @property
    def trials(self) -> list[TrialRecord]:
        """The trials by number; numbers are given without gaps."""
        return [self._trials[number] for number in range(len(self._trials))]

    def trial(self, number: int) -> TrialRecord:
        """One trial."""
        return self._trials[number]

    def in_state(self, *states: TrialState) -> list[TrialRecord]:
        """Return the trials in one of ``states``, by number."""
        return [trial for trial in self.trials if trial.state in states]

    def histories(self, metric: str) -> dict[int, list[Any]]:
        """Return every trial's logged values of a metric; epochs without it are left out."""
        return {
            number: [record[metric] for record in trial.history if metric in record]
            for number, trial in self._trials.items()
        }
