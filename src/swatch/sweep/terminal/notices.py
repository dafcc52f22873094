"""What is said of a sweep that is asked to stop, to pause or to go on."""

from __future__ import annotations

from swatch.sweep.records import SweepRecord, SweepState

STOPPING = "Stopping: running trials are saved and go on later. Ctrl-C again ends them at once."
_ORDERS = {
    SweepState.PAUSED: "Paused: running trials go on to their end, nothing new begins. To go on: {resume}",
    SweepState.STOPPING: "Stopping: running trials go on to their end; then the sweep ends.",
    SweepState.CANCELLING: "Cancelling: running trials are saved; then the sweep ends.",
}


def order_notice(sweep: SweepRecord, *, stopping: bool = False) -> str | None:
    """Return the line that says what somebody asked of the sweep; ``stopping`` is Ctrl-C here."""
    if stopping:
        return STOPPING
    notice = _ORDERS.get(SweepState(sweep.state))
    return notice and notice.format(resume=f"swatch sweep --resume {sweep.id}")


def agents_at_work(sweep: SweepRecord, agents: int) -> int:
    """Return how many agents bring the sweep forward, for the time it still takes: none in a pause."""
    return agents if sweep.state == SweepState.RUNNING else 0
