"""Whether a server has all of a run, or must be sent it."""

from __future__ import annotations

import math

from swatch.sweep.sync.items import Item, Presence
from swatch.sweep.sync.remote_runs import FROM_LEDGER, RemoteRun
from swatch.tracking.evaluations_file import last_test
from swatch.tracking.remote_sweep import RemoteSweep
from swatch.tracking.wandb_tracker import EXIT_CODES

_ENDED_BADLY = ("failed", "crashed", "killed")


def is_complete(item: Item, there: RemoteRun | None, remote: RemoteSweep | None) -> bool:
    """Whether the server has the run as it is here, from its first row to its end.

    A run whose connection was lost has no status there, and one that went on since has another one, or fewer
    rows. One that was sent without its directory lacks its pictures, and is sent again once that is here;
    so is one whose network was asked about the test set since.
    What the directory itself says of an earlier attempt counts too: the end of a run may have arrived without
    its pictures.

    Args:
        item: The run; its ending is known.
        there: What the server says of it; None if it has no such run.
        remote: The sweep that it shall be a member of; None for none.
    """
    if there is None or item.ending is None:
        return False
    states = ("finished",) if EXIT_CODES.get(item.ending.status, 1) == 0 else _ENDED_BADLY
    return (
        there.state in states
        and there.status == item.ending.status
        and there.reason == item.ending.reason
        and there.rows >= item.rows
        and (remote is None or there.sweep_id == remote.sweep_id)
        and not (item.presence is Presence.HERE and there.source == FROM_LEDGER)
        and not _was_cut_off(item)
        and _knows_the_test(item, there)
    )


def _was_cut_off(item: Item) -> bool:
    """Whether the run was being sent while it was trained, and something of it did not arrive."""
    told = item.directory.read_tracking() if item.directory is not None else None
    return told is not None and told.mode == "online" and not told.sent


def _knows_the_test(item: Item, there: RemoteRun) -> bool:
    """Whether the server has the last evaluation of the test set, if there is one."""
    tested = last_test(item.directory.path) if item.directory is not None else None
    accuracy = None if tested is None else tested.metrics.get("test/accuracy")
    if accuracy is None:
        return True
    return there.test_accuracy is not None and math.isclose(there.test_accuracy, accuracy, abs_tol=1e-9)
