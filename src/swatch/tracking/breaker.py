"""Not asking a server that has just failed: after a failure the next runs of a process do not even try."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PAUSE_SECONDS = 15.0


class Breaker:
    """Remembers a failure for some seconds. Its methods may be called from any thread."""

    def __init__(self, pause: float = PAUSE_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause, self._clock = pause, clock
        self._lock = threading.Lock()
        self._problem: str | None = None
        self._until = 0.0

    def note(self, problem: str | None) -> None:
        """Take what became of a try: None if it went well."""
        with self._lock:
            self._problem = problem
            self._until = self._clock() + self._pause

    def problem(self) -> str | None:
        """Return why there is no use in trying now, or None if there may be."""
        with self._lock:
            if self._problem is None or self._clock() >= self._until:
                return None
            return f"not tried, because an earlier run had failed ({self._problem})"
