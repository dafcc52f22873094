"""A process's beat in the ledger, by which other machines know that it lives."""

from __future__ import annotations

from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.background import Background
from swatch.sweep.ledger.liveness import BEAT_SECONDS


class Heartbeat(Background):
    """Raises the beat of a registered process every few seconds while the block runs."""

    def __init__(self, ledger: Ledger, process_id: str, seconds: float = BEAT_SECONDS) -> None:
        super().__init__("swatch-heartbeat", seconds)
        self._ledger, self._process_id = ledger, process_id

    def look(self) -> bool:
        """Raise the beat; there is no last one."""
        self._ledger.beat(self._process_id)
        return False
