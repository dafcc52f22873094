"""Ends a training that no longer improves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from swatch.training.callbacks.base import Callback
from swatch.training.callbacks.best_weights import is_better
from swatch.training.outcome import FINISHED

if TYPE_CHECKING:
    from swatch.tracking import Record
    from swatch.training.trainer import Trainer


class EarlyStopping(Callback):
    """Stops after ``patience`` epochs in a row without an improvement by more than ``min_delta``.

    Goodfellow, Bengio and Courville, "Deep Learning" (2016), algorithm 7.1: the epochs are compared with the
    best one so far, as in Keras. ``BestWeights`` puts the best weights back.
    """

    name: ClassVar[str] = "early_stopping"

    def __init__(self, monitor: str, goal: str, patience: int, min_delta: float = 0.0) -> None:
        self.monitor, self.goal = monitor, goal
        self.patience, self.min_delta = patience, min_delta
        self._best: float | None = None
        self._waited = 0

    def on_start(self, trainer: Trainer) -> None:
        """End a resumed run that had already run out of patience."""
        self._check(trainer)

    def on_epoch_end(self, trainer: Trainer, record: Record) -> None:
        """Count the epochs since the last improvement."""
        value = record[self.monitor]
        if self._best is None or is_better(value, self._best, self.goal, self.min_delta):
            self._best, self._waited = value, 0
        else:
            self._waited += 1
        self._check(trainer)

    def _check(self, trainer: Trainer) -> None:
        if self._waited > 0 and self._waited >= self.patience:
            epochs = f"{self._waited} epoch{'s' if self._waited > 1 else ''}"
            trainer.stop(FINISHED, f"early stopping: {self.monitor} has not improved for {epochs}")

    def state(self) -> dict[str, Any]:
        """Return the value to beat and the epochs waited."""
        return {"best": self._best, "waited": self._waited}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take them up again."""
        self._best, self._waited = state["best"], state["waited"]
