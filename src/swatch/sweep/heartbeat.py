"""A process's beat in the ledger, by which other machines know that it lives."""

from __future__ import annotations

from threading import Event, Thread
from types import TracebackType

from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.database import LedgerError
from swatch.sweep.liveness import BEAT_SECONDS


class Heartbeat:
    """Raises the beat of a registered process every few seconds while the block runs."""

    def __init__(self, ledger: Ledger, process_id: str, seconds: float = BEAT_SECONDS) -> None:
        self._ledger, self._process_id, self._seconds = ledger, process_id, seconds
        self._end = Event()
        self._thread = Thread(target=self._run, name="swatch-heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(self._seconds):
            try:
                self._ledger.beat(self._process_id)
            except LedgerError:
                # The main thread meets the same trouble and says it; the next beat may succeed.
                continue
