"""Ctrl-C and SIGTERM: finish the step, save, stop."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from swatch.training.callbacks.base import Callback
from swatch.training.outcome import INTERRUPTED

if TYPE_CHECKING:
    from swatch.tracking import Record
    from swatch.training.trainer import Trainer


class Interruption(Callback):
    """Ends the training when SIGINT or SIGTERM arrives: as interrupted, unless SIGTERM means another end.

    A context manager: the signals are caught inside its block and only there. A second SIGINT is not waited
    for: it raises KeyboardInterrupt, and the run goes on later from its last checkpoint. Outside the main
    thread, where Python cannot catch signals, it does nothing.
    """

    def __init__(self, sigterm: str = INTERRUPTED) -> None:
        """Remember what SIGTERM means: ``"interrupted"``, or ``"stopped"`` where a sweep's agent sends it."""
        self._received: signal.Signals | None = None
        self._statuses = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: sigterm}
        self._earlier: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._earlier[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)
        self._earlier.clear()

    def on_poll(self, trainer: Trainer) -> None:
        """Stop in the middle of an epoch."""
        self._check(trainer)

    def on_epoch_end(self, trainer: Trainer, record: Record) -> None:
        """Stop between two epochs."""
        self._check(trainer)

    def _check(self, trainer: Trainer) -> None:
        if self._received is not None:
            position = trainer.position
            where = f"epoch {position.epoch} of {trainer.epochs}, step {position.step:,}"
            trainer.stop(self._statuses[self._received], f"{self._received.name} at {where}")

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._received is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._received = signal.Signals(number)
