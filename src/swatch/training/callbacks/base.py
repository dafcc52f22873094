"""What a callback is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from swatch.tracking import Record
    from swatch.training.trainer import Trainer


class Callback:
    """Watches a training and may end it with ``trainer.stop(status, reason)``; every method is optional."""

    name: ClassVar[str] = ""
    """Under this name the state stands in a checkpoint; empty for a callback without state."""

    def on_start(self, trainer: Trainer) -> None:
        """Training begins, or goes on: then ``trainer.history`` holds the epochs done before."""

    def on_poll(self, trainer: Trainer) -> None:
        """About ten times a second, between two steps; ``trainer.position`` is up to date."""

    def on_epoch_end(self, trainer: Trainer, record: Record) -> None:
        """An epoch was trained, validated and added to the history; the position is at the next one."""

    def on_end(self, trainer: Trainer) -> None:
        """Training ended in an orderly way, ``trainer.outcome`` says how; not called after an exception."""

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint must keep: JSON values and NumPy arrays."""
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state` returned."""
