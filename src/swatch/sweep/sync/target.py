"""What is to be sent: a sweep, whose ledger may lie in several folders, one of W&B's engine, or one run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from swatch.errors import UserError, did_you_mean
from swatch.sweep.home import LEDGER_FILE
from swatch.sweep.ledger import Ledger, sqlite_url
from swatch.sweep.sync.folders import Folders, best_of, is_run
from swatch.tracking import RunDirectory
from swatch.tracking.remote_sweep import RemoteSweep


@dataclass(frozen=True)
class SweepTarget:
    """A sweep and the ledgers that know of it: one, or those of machines that could not reach each other."""

    sweep_id: str
    ledgers: tuple[Ledger, ...]
    folders: Folders


@dataclass(frozen=True)
class RunTarget:
    """One run."""

    directory: RunDirectory
    folders: Folders


@dataclass(frozen=True)
class ServerSweepTarget:
    """A sweep of W&B's engine: the server has it, and here are runs of it."""

    remote: RemoteSweep
    directories: tuple[RunDirectory, ...]
    folders: Folders


Target = SweepTarget | RunTarget | ServerSweepTarget


def find_target(wanted: str, folders: Folders, storage: str | None) -> Target:
    """Find what ``wanted`` names: the id or the folder of a sweep or a run.

    Args:
        wanted: As the user typed it.
        folders: Where to look.
        storage: The URL of a database of sweeps, which goes before the files in ``folders``.

    Raises:
        UserError: Nothing has that name, with the nearest one; or different sweeps have it.
    """
    path = Path(wanted).expanduser().absolute()
    if is_run(path):
        return RunTarget(RunDirectory(path), folders.with_home(path.parent))
    if (path / LEDGER_FILE).exists():
        ledger = Ledger(sqlite_url(path / LEDGER_FILE))
        return SweepTarget(path.name, (ledger,), folders.with_home(path.parent.parent))
    if storage is not None:
        ledger = Ledger(storage)
        if ledger.find(wanted) is not None:
            return SweepTarget(wanted, (ledger,), folders)
        directory = best_of(folders.runs(wanted))
        if directory is None:
            ledger.sweep(wanted)  # raises, with the nearest name
            raise AssertionError(wanted)
        return RunTarget(directory, folders)
    files = folders.ledgers(wanted)
    if files:
        return SweepTarget(wanted, _ledgers(wanted, files), folders)
    directory = best_of(folders.runs(wanted))
    if directory is not None:
        return RunTarget(directory, folders)
    members = folders.members(wanted)
    if members:
        remote = next(iter(members.values()))
        return ServerSweepTarget(remote, tuple(RunDirectory(path) for path in members), folders)
    places = ", ".join(str(folder) for folder in folders.all)
    raise UserError(
        f"there is no sweep or run '{wanted}' in {places}.{did_you_mean(wanted, folders.names())} "
        "--from FOLDER names another place, --storage URL a sweep's database."
    )


def find_sweep_of(sweep_id: str, folders: Folders, storage: str | None) -> Ledger | None:
    """Return the ledger of the sweep that a run says it belongs to, or None if it is not here."""
    if storage is not None:
        ledger = Ledger(storage)
        if ledger.find(sweep_id) is not None:
            return ledger
    files = folders.ledgers(sweep_id)
    return Ledger(sqlite_url(files[0])) if files else None


def _ledgers(sweep_id: str, files: list[Path]) -> tuple[Ledger, ...]:
    """Open the ledgers of one sweep. Raises UserError if they are of different sweeps with the same id."""
    ledgers = tuple(Ledger(sqlite_url(path)) for path in files)
    made_from = {found[1] for ledger in ledgers if (found := ledger.find(sweep_id)) is not None}
    if len(made_from) > 1:
        raise UserError(
            f"the sweeps '{sweep_id}' in {' and '.join(str(path.parent) for path in files)} were made from "
            "different YAMLs, overrides or seeds; send each by its folder instead of its name."
        )
    return ledgers
