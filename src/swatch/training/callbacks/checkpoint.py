"""Saves the training's state, so that it can go on after anything."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from swatch.files import write_npz
from swatch.training.callbacks.base import Callback
from swatch.training.checkpoint_state import capture
from swatch.training.outcome import FAILED, INTERRUPTED

if TYPE_CHECKING:
    from swatch.tracking import Record
    from swatch.training.trainer import Trainer

LONG_EPOCH_SECONDS = 30.0
"""Within an epoch longer than this, checkpoints are written this often."""
MAX_SHARE = 0.005
"""Checkpoints at epoch ends take at most this share of the time: very short epochs go without."""


class Checkpoint(Callback):
    """Writes ``checkpoint.npz`` at epoch ends, within long epochs, and when the training ends.

    The last of the callbacks, so that it saves what the others made of the epoch. A run that failed keeps its
    last healthy checkpoint.

    Args:
        path: The file; replaced whole or not at all.
        fingerprint: The config's, kept in the file.
        keep: Save the state of a finished run as well. In a sweep that is disk for nothing.
    """

    def __init__(self, path: Path, fingerprint: str, *, keep: bool = True) -> None:
        self._path, self._fingerprint, self._keep = path, fingerprint, keep
        self._next_epoch_save = 0.0
        self._next_poll_save = 0.0

    def on_start(self, trainer: Trainer) -> None:
        """Start the clock."""
        self._next_poll_save = time.monotonic() + LONG_EPOCH_SECONDS

    def on_poll(self, trainer: Trainer) -> None:
        """Save within a long epoch."""
        if time.monotonic() >= self._next_poll_save:
            self._save(trainer)

    def on_epoch_end(self, trainer: Trainer, record: Record) -> None:
        """Save at the end of an epoch."""
        if time.monotonic() >= self._next_epoch_save:
            self._save(trainer)

    def on_end(self, trainer: Trainer) -> None:
        """Save the last state."""
        status = trainer.outcome.status if trainer.outcome else None
        if status == INTERRUPTED or (self._keep and status != FAILED):
            self._save(trainer)

    def _save(self, trainer: Trainer) -> None:
        begin = time.monotonic()
        write_npz(self._path, capture(trainer, self._fingerprint))
        end = time.monotonic()
        self._next_epoch_save = end + (end - begin) / MAX_SHARE
        self._next_poll_save = end + LONG_EPOCH_SECONDS
