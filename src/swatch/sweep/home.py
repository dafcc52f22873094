"""Where sweeps lie: ``<home>/sweeps/<sweep id>/``."""

from __future__ import annotations

import os
from pathlib import Path

from swatch.errors import UserError, did_you_mean
from swatch.sweep.ledger import sqlite_url

SWEEP_FILE, LEDGER_FILE = "sweep.yaml", "study.db"
BEST_FILE, TABLE_FILE, REPORT_FILE, LOGS_FOLDER = "best.yaml", "trials.csv", "report.html", "agents"


def default_home() -> Path:
    """Return the folder of runs and sweeps: ``SWATCH_HOME``, else ``runs`` in the working directory."""
    return Path(os.environ.get("SWATCH_HOME") or "runs").absolute()


def sweep_folder(home: Path, sweep_id: str) -> Path:
    """Return a sweep's folder."""
    return home / "sweeps" / sweep_id


def sweep_names(home: Path) -> list[str]:
    """Return the sweeps that have their ledger below ``home``, the latest last."""
    paths = (home / "sweeps").glob(f"*/{LEDGER_FILE}")
    return [path.parent.name for path in sorted(paths, key=lambda path: path.stat().st_mtime)]


def storage_of(home: Path, sweep_id: str, storage: str | None, *, must_exist: bool = False) -> str:
    """Return the storage URL of a sweep: the one given, else the file in its folder.

    Raises UserError, with the nearest name, if it must exist and does not.
    """
    if storage is not None:
        return storage
    path = sweep_folder(home, sweep_id) / LEDGER_FILE
    if must_exist and not path.exists():
        near = did_you_mean(sweep_id, sweep_names(home))
        raise UserError(
            f"there is no sweep '{sweep_id}' in {home / 'sweeps'}.{near} `swatch sweep --status` lists them; "
            "a sweep elsewhere needs its --storage."
        )
    return sqlite_url(path)
