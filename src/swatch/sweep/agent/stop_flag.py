"""Whether a process is to leave its sweep, as its signal handlers say it."""

from __future__ import annotations

import time

_LOOK_SECONDS = 0.05


class StopFlag:
    """Like an Event, but it may be set in a signal handler.

    An Event has a lock. A handler that interrupts whoever holds it - the main thread while it waits, or the
    handler of another signal - would wait for it forever.
    """

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        """Say that the process is to leave; from any thread, at any moment."""
        self._is_set = True

    def is_set(self) -> bool:
        """Whether the process is to leave."""
        return self._is_set

    def wait(self, seconds: float) -> None:
        """Sleep so many seconds, or until the flag is set."""
        deadline = time.monotonic() + seconds
        while not self._is_set and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_SECONDS))
