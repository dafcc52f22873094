"""Which sweep a command means: the unfinished one of the same name or making, or a new one."""

from __future__ import annotations

from pathlib import Path

from swatch.errors import UserError
from swatch.sweep.home import LEDGER_FILE, storage_of, sweep_folder
from swatch.sweep.ledger import Ledger
from swatch.sweep.names import numbered


def find_sweep(home: Path, base: str, made_from: str, storage: str | None) -> tuple[str, bool]:
    """Return the id of the sweep to work on, and whether it is there already.

    The same command again goes on with an unfinished sweep; after a finished ``base`` comes ``base-2``.

    Args:
        home: The folder of runs and sweeps.
        base: The id without a number: what the user chose, or what was made from the sweep.
        made_from: The hash of what the sweep is made from.
        storage: The database's URL, if the sweep does not keep its own file.

    Raises:
        UserError: An unfinished sweep of that name was made from something else.
    """
    shared = Ledger(storage, create=True) if storage is not None else None
    found: tuple[str, str, str] | None = None
    for name in numbered(base):
        known = shared.find(name) if shared is not None else _find_in_home(home, name)
        if known is None:
            break
        found = (name, *known)
    if shared is not None:
        shared.close()
    if found is None or found[1] == "finished":
        return name, False
    if found[2] != made_from:
        raise UserError(
            f"sweep {found[0]} is unfinished and was made from another YAML, overrides or seed; "
            f"choose another --name, or go on with it: swatch sweep --resume {found[0]}"
        )
    return found[0], True


def _find_in_home(home: Path, name: str) -> tuple[str, str] | None:
    if not (sweep_folder(home, name) / LEDGER_FILE).exists():
        return None
    # Its maker may have been killed before the tables were there; then they are made now.
    ledger = Ledger(storage_of(home, name, None), create=True)
    try:
        return ledger.find(name)
    finally:
        ledger.close()
