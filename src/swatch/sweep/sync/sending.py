"""Sending one run: its directory is told again to wandb, from a folder that is gone afterwards."""

from __future__ import annotations

import enum
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from swatch.errors import UserError
from swatch.files import WriteError
from swatch.sweep.sync.comparing import is_complete
from swatch.sweep.sync.folders import is_alive
from swatch.sweep.sync.from_ledger import write_directory
from swatch.sweep.sync.items import Item, Presence
from swatch.sweep.sync.remote_runs import Place, read_runs
from swatch.tracking import RunDirectory
from swatch.tracking.remote_sweep import RemoteSweep
from swatch.tracking.replay import Replayed, replay, sends_model
from swatch.tracking.state import TrackingState
from swatch.tracking.wandb_open import FINISH_SECONDS
from swatch.tracking.wandb_process import one_line
from swatch.tracking.wandb_tracker import WandbTracker

_LOCK_FILE = ".sync.lock"
MODEL_SECONDS = 300.0
"""How long a run may take whose model has to get through a slow line."""


class Kind(enum.Enum):
    """What became of a run, in the order of the report."""

    SENT = "sent"
    THERE = "already there"
    RUNNING = "still running"
    ABSENT = "not on this machine"
    BUSY = "being sent by another process"
    REFUSED = "refused"
    UNSENT = "not sent"


@dataclass(frozen=True)
class Outcome:
    """What became of one run."""

    item: Item
    kind: Kind
    text: str
    """For people, without the run's name."""
    replayed: Replayed | None = None
    is_worth_another_try: bool = False
    """Whether something else than this run is to blame: the server, the way to it, or another process."""


def send(
    item: Item,
    place: Place,
    remote: RemoteSweep | None,
    workplace: Path,
    *,
    since: float,
    patience: float = 0.0,
) -> Outcome:
    """Send one run whole, whatever the server has of it; raises nothing.

    Args:
        item: Its ending is known, and nobody trained it a moment ago.
        place: The project; that of ``remote`` if there is one.
        remote: The sweep that it becomes a member of.
        workplace: A folder for wandb's files; what is written of this run is removed.
        since: The Unix time at which it was decided to send the run. If another process has sent it since,
            it is not sent again.
        patience: How many seconds to wait for another process that is sending the run.
    """
    folder = workplace / item.run_id
    try:
        with _alone(item.directory, patience) as is_alone:
            if not is_alone:
                return Outcome(item, Kind.BUSY, Kind.BUSY.value, is_worth_another_try=True)
            if item.directory is not None and is_alive(item.directory):
                return Outcome(item, Kind.RUNNING, "goes on at this moment")
            if _was_touched(item.directory, since) and is_complete(
                item, read_runs(place, [item.run_id]).get(item.run_id), remote
            ):
                return Outcome(item, Kind.THERE, Kind.THERE.value)
            return _send(item, place, remote, folder)
    except Exception as error:  # noqa: BLE001 - the other runs are still to be sent
        kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
        return Outcome(item, Kind.REFUSED, f"cannot be sent: {kind}{one_line(error)}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _send(item: Item, place: Place, remote: RemoteSweep | None, folder: Path) -> Outcome:
    assert item.ending is not None
    directory = item.directory
    if directory is None:
        assert item.sweep is not None and item.trial is not None
        directory = write_directory(folder / "ledger", item.sweep, item.trial, item.ending)
    description = directory.read_description()
    has_model = description is not None and sends_model(description)
    tracker = WandbTracker(
        folder / item.run_id,
        mode="online",
        project=place.project,
        entity=place.entity,
        finish_seconds=MODEL_SECONDS if has_model else FINISH_SECONDS,
    )
    replayed = replay(directory, tracker, remote, item.ending)
    if item.directory is not None:
        _remember(item.directory, tracker.state)
    if not tracker.state.sent:
        # Without wandb's advice on its own settings.
        problem = (tracker.state.problem or "").partition(" Consider increasing")[0]
        return Outcome(item, Kind.REFUSED, f"refused: {problem}", is_worth_another_try=True)
    return Outcome(item, Kind.SENT, _what_was_sent(item, replayed), replayed)


def _was_touched(directory: RunDirectory | None, since: float) -> bool:
    """Whether somebody has noted since then what became of the run at wandb."""
    try:
        return directory is not None and directory.tracking_file.stat().st_mtime >= since
    except OSError:
        return False


def _remember(directory: RunDirectory, state: TrackingState) -> None:
    """Note in the run directory, where one may write, whether the run is on the server."""
    before = directory.read_tracking()
    if not state.sent and before is not None and before.sent and _place(before) != _place(state):
        return  # It is whole elsewhere.
    with suppress(WriteError, OSError):
        directory.write_tracking(state)
        if state.sent:
            for file in directory.path.glob("wandb/offline-run-*/*.wandb"):
                # So that `wandb sync --sync-all` does not send it again, outside of its sweep.
                file.with_name(f"{file.name}.synced").touch()


def _place(state: TrackingState) -> Place:
    return Place(state.base_url or "", state.entity or "", state.project or "")


def _what_was_sent(item: Item, replayed: Replayed) -> str:
    assert item.ending is not None
    rows = f"{replayed.rows} row" if replayed.rows == 1 else f"{replayed.rows} rows"
    parts = [rows]
    parts += ["confusion matrix"] if replayed.has_matrix else []
    parts += [f"{replayed.images} images"] if replayed.images else []
    parts += ["model"] if replayed.has_model else []
    if item.presence is Presence.LEDGER:
        parts.append("from the ledger")
    reason = f" ({item.ending.reason})" if item.ending.reason else ""
    return f"sent {', '.join(parts)}; {item.ending.status}{reason}"


@contextmanager
def _alone(directory: RunDirectory | None, patience: float) -> Iterator[bool]:
    """Keep other processes from sending the same run; gives whether none does after so many seconds.

    Not the run's own lock: an agent that goes on with the run must not find it held.
    """
    from filelock import FileLock, Timeout

    if directory is None:
        yield True
        return
    lock = FileLock(directory.path / _LOCK_FILE, timeout=patience)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError:
        # Nobody may write there, this process included: it cannot be helped.
        yield True
        return
    try:
        yield True
    finally:
        lock.release()
