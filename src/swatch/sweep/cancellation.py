"""How an agent hears, in the middle of an epoch and on any machine, that it is to leave its sweep."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType

from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.database import LedgerError
from swatch.sweep.liveness import LivenessWatch
from swatch.sweep.records import SweepState

LOOK_SECONDS = 0.5
"""How often; a cancelled sweep is to obey within two seconds, the training step under way included."""
CONTROLLER_SECONDS = 5.0
"""How often it looks whether the controller lives."""


class CancellationWatch:
    """Calls ``notify`` once, from another thread, if the sweep is cancelled or its controller has died.

    A controller's own agents hear of its death at once, by a pipe; this is for those that have joined.
    """

    def __init__(self, ledger: Ledger, sweep_id: str, notify: Callable[[], None]) -> None:
        self._ledger, self._sweep_id, self._notify = ledger, sweep_id, notify
        self._watch = LivenessWatch(one_machine=ledger.is_sqlite)
        self._looked = time.monotonic()
        self._end = Event()
        self._thread = Thread(target=self._run, name="swatch-cancellation", daemon=True)

    def __enter__(self) -> CancellationWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(LOOK_SECONDS):
            try:
                is_over = self._is_cancelled() or self._lost_its_controller()
            except LedgerError:
                # The main thread meets the same trouble and says it; the next look may succeed.
                continue
            if is_over:
                self._notify()
                return

    def _is_cancelled(self) -> bool:
        state, _ = self._ledger.standing(self._sweep_id)
        return state is SweepState.CANCELLING

    def _lost_its_controller(self) -> bool:
        if time.monotonic() - self._looked < CONTROLLER_SECONDS:
            return False
        self._looked = time.monotonic()
        controller = self._ledger.controller(self._sweep_id)
        return controller is not None and bool(self._watch.dead([controller]))
