"""Orders to a sweep from another terminal: pause, stop, cancel, go on. They travel through the ledger."""

from __future__ import annotations

import time
from dataclasses import dataclass

from swatch.errors import UserError
from swatch.sweep.home import default_home, storage_of
from swatch.sweep.ledger import Ledger
from swatch.sweep.ledger.liveness import LivenessWatch
from swatch.sweep.names import check_count, counted
from swatch.sweep.records import SweepRecord, SweepState, TrialState
from swatch.sweep.restored import RestoredSweep

LEAVING_SECONDS, LOOK_SECONDS = 15.0, 0.1
_HELD = (SweepState.PAUSED, SweepState.STOPPING)


@dataclass(frozen=True)
class _Order:
    verb: str
    state: SweepState
    obeyed_from: tuple[SweepState, ...]
    promise: str
    """What happens now; {finish} and {saved} say what becomes of the running trials."""


_ORDERS = {
    "pause": _Order(
        "pause",
        SweepState.PAUSED,
        (SweepState.RUNNING,),
        "sweep {id} is paused: nothing new begins{finish}. To go on: swatch sweep --resume {id}",
    ),
    "stop": _Order(
        "stop",
        SweepState.STOPPING,
        (SweepState.RUNNING, SweepState.PAUSED),
        "sweep {id} stops: nothing new begins{finish}; then the sweep ends",
    ),
    "cancel": _Order(
        "cancel",
        SweepState.CANCELLING,
        (SweepState.RUNNING, SweepState.PAUSED, SweepState.STOPPING),
        "sweep {id} is cancelled{saved}. To go on: swatch sweep --resume {id}",
    ),
}


def give_order(name: str, sweep_id: str, storage: str | None) -> str:
    """Ask a running sweep to ``"pause"``, ``"stop"`` or ``"cancel"`` and return what happens now, in words.

    Raises UserError if there is no such sweep (with the nearest id), or it does not run, or it has another
    order that this one does not overrule.
    """
    order = _ORDERS[name]
    ledger = Ledger(storage_of(default_home(), sweep_id, storage, must_exist=True))
    sweep = ledger.sweep(sweep_id)
    _check_alive(ledger, sweep, order)
    if not ledger.change_state(sweep_id, order.state, only_from=order.obeyed_from):
        now, _ = ledger.standing(sweep_id)
        if now is order.state:
            return f"sweep {sweep_id} is {now} already"
        raise UserError(f"sweep {sweep_id} is {now}; it cannot be asked to {order.verb}.")
    trials = ledger.trials(sweep_id, history=False)
    number = sum(trial.state is TrialState.RUNNING for trial in trials)
    running = counted(number, "running trial")
    ledger.close()
    return order.promise.format(
        id=sweep_id,
        finish=f", {running} go{'es' if number == 1 else ''} on to the end" if number else "",
        saved=f": {running} {'is' if number == 1 else 'are'} saved and given back" if number else "",
    )


def go_on(sweep_id: str, storage: str | None, count: int | None) -> str | None:
    """Let a sweep with living agents go on, with ``count`` trials in all if given.

    Returns what happens now, in words, or None if the sweep has no living controller: then the caller starts
    one. Raises UserError if there is nothing to change: it runs already, or it is being cancelled.
    """
    ledger = Ledger(storage_of(default_home(), sweep_id, storage, must_exist=True))
    sweep = ledger.sweep(sweep_id)
    if not _is_controlled(ledger, sweep_id):
        # What an earlier controller did not live to carry out is void now.
        ledger.change_state(sweep_id, SweepState.INTERRUPTED, only_from=(*_HELD, SweepState.CANCELLING))
        return None
    if sweep.state == SweepState.CANCELLING:
        raise UserError(f"sweep {sweep_id} is being cancelled; resume it when its agents have gone.")
    size = RestoredSweep.of(sweep).space.size
    if count is not None and size is not None:
        count = min(count, size)
    check_count(sweep_id, count, begun=len(ledger.overview(sweep_id)))
    was_held = ledger.change_state(sweep_id, SweepState.RUNNING, only_from=_HELD, count=count)
    if not was_held and not ledger.change_state(
        sweep_id, SweepState.RUNNING, only_from=[SweepState.RUNNING], count=count
    ):
        _wait_for_the_end(ledger, sweep_id)
        return None
    if count is not None and count != sweep.count:
        return f"sweep {sweep_id} goes on, with {counted(count, 'trial')} in all"
    return f"sweep {sweep_id} goes on" if was_held else None


def _wait_for_the_end(ledger: Ledger, sweep_id: str) -> None:
    """Wait until the controller of a sweep that has just ended is gone."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while _is_controlled(ledger, sweep_id):
        if time.monotonic() > deadline:
            raise UserError(
                f"sweep {sweep_id} has ended, but its controller has not left yet; give the command again."
            )
        time.sleep(LOOK_SECONDS)


def _check_alive(ledger: Ledger, sweep: SweepRecord, order: _Order) -> None:
    processes = ledger.processes(sweep.id)
    dead = LivenessWatch(one_machine=ledger.is_sqlite).dead(processes)
    if SweepState(sweep.state).is_open and len(dead) < len(processes):
        return
    state = "interrupted: its processes died" if SweepState(sweep.state).is_open else sweep.state
    goes_on = "" if sweep.state == SweepState.FINISHED else f" To go on: swatch sweep --resume {sweep.id}"
    raise UserError(f"sweep {sweep.id} does not run ({state}); there is nothing to {order.verb}.{goes_on}")


def _is_controlled(ledger: Ledger, sweep_id: str) -> bool:
    controller = ledger.controller(sweep_id)
    watch = LivenessWatch(one_machine=ledger.is_sqlite)
    return controller is not None and not watch.dead([controller])
