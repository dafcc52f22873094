"""How an agent hears, in the middle of an epoch and on any machine, that it is to leave its sweep."""

from __future__ import annotations

import time
from collections.abc import Callable

from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.background import Background
from swatch.sweep.ledger.liveness import LivenessWatch
from swatch.sweep.records import SweepState

LOOK_SECONDS = 0.5
"""How often; a cancelled sweep is to obey within two seconds, the training step under way included."""
CONTROLLER_SECONDS = 5.0
"""How often it looks whether the controller lives."""


class CancellationWatch(Background):
    """Calls ``notify`` once, from another thread, if the sweep is cancelled or its controller has died.

    A controller's own agents hear of its death at once, by a pipe; this is for those that have joined.
    """

    def __init__(self, ledger: Ledger, sweep_id: str, notify: Callable[[], None]) -> None:
        super().__init__("swatch-cancellation", LOOK_SECONDS)
        self._ledger, self._sweep_id, self._notify = ledger, sweep_id, notify
        self._watch = LivenessWatch(one_machine=ledger.is_sqlite)
        self._looked = time.monotonic()

    def look(self) -> bool:
        """Notify, and return True, once the agent is to leave."""
        is_over = self._is_cancelled() or self._lost_its_controller()
        if is_over:
            self._notify()
        return is_over

    def _is_cancelled(self) -> bool:
        state, _ = self._ledger.standing(self._sweep_id)
        return state is SweepState.CANCELLING

    def _lost_its_controller(self) -> bool:
        if time.monotonic() - self._looked < CONTROLLER_SECONDS:
            return False
        self._looked = time.monotonic()
        controller = self._ledger.controller(self._sweep_id)
        return controller is not None and bool(self._watch.dead([controller]))
