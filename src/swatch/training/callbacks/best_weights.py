"""Keeps the weights of the best epoch and puts them back at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from swatch.training.callbacks.base import Callback
from swatch.training.outcome import INTERRUPTED

if TYPE_CHECKING:
    from swatch.tracking import Record
    from swatch.training.trainer import Trainer

MAXIMIZE = "maximize"


def is_better(value: float, than: float, goal: str, margin: float = 0.0) -> bool:
    """Whether ``value`` beats ``than`` by more than ``margin`` in the goal's direction."""
    return value > than + margin if goal == MAXIMIZE else value < than - margin


class BestWeights(Callback):
    """Remembers the first epoch with the best value of the monitored metric, and its weights and buffers.

    At the end of a run the network has these weights; an interrupted run keeps the ones it goes on with.
    Without a validation part nothing can tell which epoch is the best, and it is the last.
    """

    name: ClassVar[str] = "best_weights"

    def __init__(self, monitor: str, goal: str) -> None:
        self.monitor, self.goal = monitor, goal
        self.record: Record | None = None
        """The history's line of the best epoch, None before the first."""
        self._arrays: dict[str, NDArray[Any]] = {}

    def on_epoch_end(self, trainer: Trainer, record: Record) -> None:
        """Copy the weights if the epoch is the best so far."""
        if self._is_best(trainer, record):
            self.record = dict(record)
            with trainer.evaluated():
                for name, array in _weights(trainer).items():
                    if name not in self._arrays:
                        self._arrays[name] = np.empty_like(array)
                    np.copyto(self._arrays[name], array)

    def _is_best(self, trainer: Trainer, record: Record) -> bool:
        if self.record is None or not trainer.validation.samples:
            return True
        return is_better(record[self.monitor], self.record[self.monitor], self.goal)

    def on_end(self, trainer: Trainer) -> None:
        """Put the best weights back."""
        if trainer.outcome and trainer.outcome.status != INTERRUPTED and self.record is not None:
            for name, array in _weights(trainer).items():
                np.copyto(array, self._arrays[name])

    def state(self) -> dict[str, Any]:
        """Return the best epoch and its weights."""
        return {"record": self.record, **self._arrays}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take them up again."""
        self.record = state["record"]
        self._arrays = {name: value for name, value in state.items() if name != "record"}


def _weights(trainer: Trainer) -> dict[str, NDArray[Any]]:
    buffers = {f"buffers/{name}": array for name, array in trainer.network.buffers.items()}
    return {"parameters": trainer.network.parameters.values, **buffers}
