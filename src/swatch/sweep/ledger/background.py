"""Looking at the ledger every few seconds, from a thread of one's own."""

from __future__ import annotations

from threading import Event, Thread
from types import TracebackType
from typing import Self

from swatch.sweep.ledger.database import LedgerError


class Background:
    """Calls :meth:`look` every few seconds while the block runs, until it returns True."""

    def __init__(self, name: str, seconds: float) -> None:
        self._seconds, self._end = seconds, Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def look(self) -> bool:
        """Do what is due and return whether that was all."""
        raise NotImplementedError

    def _run(self) -> None:
        while not self._end.wait(self._seconds):
            try:
                if self.look():
                    return
            except LedgerError:
                # The main thread meets the same trouble and says it; the next look may succeed.
                continue
