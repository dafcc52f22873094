"""Hands every epoch to the trackers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swatch.training.callbacks.base import Callback

if TYPE_CHECKING:
    from swatch.tracking import Record, RunDescription, Tracker
    from swatch.training.trainer import Trainer


class Tracking(Callback):
    """Starts the trackers and logs to them; whoever runs the training finishes them with the summary."""

    def __init__(self, tracker: Tracker, run: RunDescription) -> None:
        self._tracker, self._run = tracker, run

    def on_start(self, trainer: Trainer) -> None:
        """Start, with the epochs that a resumed run has behind it."""
        self._tracker.start(self._run, trainer.history)

    def on_epoch_end(self, trainer: Trainer, record: Record) -> None:
        """Log one epoch."""
        self._tracker.log(int(record["epoch"]), record)
