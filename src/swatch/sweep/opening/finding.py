"""Which sweep a command means: the unfinished one of the same name or making, or a new one."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from swatch.sweep.home import LEDGER_FILE, storage_of, sweep_folder
from swatch.sweep.ledger import Ledger
from swatch.sweep.names import numbered
from swatch.sweep.records import SweepState


class Found(NamedTuple):
    """The sweep that a command means."""

    id: str
    exists: bool
    is_other: bool = False
    """It has the name that was asked for and was made from something else: the command edits it."""


def find_sweep(
    home: Path, base: str, made_from: str, storage: str | None, *, named: bool, create: bool = True
) -> Found:
    """Return the sweep to work on.

    The same command again goes on with an unfinished sweep; after a finished ``base`` comes ``base-2``.

    Args:
        home: The folder of runs and sweeps.
        base: The id without a number: what the user chose, or what was made from the sweep.
        made_from: The hash of what the sweep is made from.
        storage: The database's URL, if the sweep does not keep its own file.
        named: The user chose ``base``.
        create: Make the tables of an empty database; without it nothing is written.

    Raises:
        UserError: The database cannot be used.
    """
    shared = Ledger(storage, create=create) if storage is not None else None
    found: dict[str, tuple[str, str]] = {}
    for name in numbered(base):
        known = shared.find(name) if shared is not None else _find_in_home(home, name, create)
        if known is None:
            break
        found[name] = known
    if shared is not None:
        shared.close()
    same = [(name, state) for name, (state, identity) in found.items() if identity == made_from]
    if named and found and not same:
        return Found(base, exists=True, is_other=True)
    if same and same[-1][1] != SweepState.FINISHED:
        return Found(same[-1][0], exists=True)
    return Found(name, exists=False)


def _find_in_home(home: Path, name: str, create: bool) -> tuple[str, str] | None:
    if not (sweep_folder(home, name) / LEDGER_FILE).exists():
        return None
    # Its maker may have been killed before the tables were there; then they are made now.
    ledger = Ledger(storage_of(home, name, None), create=create)
    try:
        return ledger.find(name)
    finally:
        ledger.close()
