"""Being the one controller of a sweep."""

from __future__ import annotations

import time
from contextlib import ExitStack
from types import TracebackType

from swatch.errors import UserError
from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.heartbeat import Heartbeat
from swatch.sweep.ledger.liveness import LivenessWatch, ProcessRecord, this_machine
from swatch.sweep.records import SweepState

LOOK_SECONDS = 1.0
_AT_REST = [state for state in SweepState if not state.is_order]


def check_free(ledger: Ledger, sweep_id: str) -> ProcessRecord | None:
    """Return the dead process that controlled the sweep last, if it did not say goodbye.

    Raises UserError if a living one controls it.
    """
    current = ledger.controller(sweep_id)
    if current is not None and not _is_dead(ledger, sweep_id, current):
        raise _refused(sweep_id, current)
    return current


class Control:
    """Holds a sweep for this process while the block runs, and sets it running.

    A pause, a stop or a cancellation that an earlier controller did not live to carry out holds on.

    Raises UserError if another living process controls it.
    """

    def __init__(self, ledger: Ledger, sweep_id: str) -> None:
        self._ledger, self._sweep_id = ledger, sweep_id
        self._stack = ExitStack()

    def __enter__(self) -> Control:
        ledger, sweep_id = self._ledger, self._sweep_id
        dead = check_free(ledger, sweep_id)
        own = ledger.register(sweep_id, "controller")
        with ExitStack() as stack:
            # Whatever happens from here on, the ledger hears that this process has gone.
            stack.callback(ledger.goodbye, sweep_id, own, "done")
            if not ledger.take_control(sweep_id, own, dead.id if dead else None):
                raise _refused(sweep_id, ledger.controller(sweep_id))
            if dead is not None:
                ledger.goodbye(sweep_id, dead.id, "died")
            ledger.change_state(sweep_id, SweepState.RUNNING, only_from=_AT_REST)
            stack.enter_context(Heartbeat(ledger, own))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _is_dead(ledger: Ledger, sweep_id: str, current: ProcessRecord) -> bool:
    """Look once at a process of this machine; watch another's beat until it rises or its lease ends."""
    watch = LivenessWatch(one_machine=ledger.is_sqlite)
    while not watch.dead([current]):
        now = ledger.controller(sweep_id)
        if now is None:
            return True
        if now.machine == this_machine() or now.id != current.id or now.beat != current.beat:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _refused(sweep_id: str, current: ProcessRecord | None) -> UserError:
    where = "" if current is None else f" (process {current.pid} on {current.host})"
    return UserError(
        f"sweep {sweep_id} is already being run{where}; `swatch sweep --status {sweep_id}` shows it."
    )
