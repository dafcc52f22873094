"""Which run a command means."""

from __future__ import annotations

import os
from pathlib import Path

from swatch.errors import UserError, did_you_mean
from swatch.tracking import RunDirectory


def find_run(wanted: str) -> RunDirectory:
    """Find a run by its folder, by a file in it, or by its id in the folder of runs.

    The folder of runs is ``SWATCH_HOME``, else ``runs`` in the working directory.

    Raises:
        UserError: there is no such run, with the nearest name; or it is a sweep, or damaged.
    """
    path = Path(wanted).expanduser()
    for folder in (path, path.parent) if path.is_file() else (path,):
        if _is_run(folder):
            return RunDirectory(folder.absolute())
    home = Path(os.environ.get("SWATCH_HOME") or "runs").absolute()
    if _is_run(home / wanted):
        return RunDirectory(home / wanted)
    if (home / "sweeps" / wanted).is_dir():
        raise UserError(
            f"'{wanted}' is a sweep, and a run is wanted; `swatch best {wanted} --top 5` shows its best runs"
        )
    if wanted and (home / wanted).is_dir():
        raise UserError(f"{home / wanted} is no run directory, or damaged: it has no config.yaml")
    names = [folder.name for folder in home.iterdir() if _is_run(folder)] if home.is_dir() else []
    raise UserError(f"there is no run '{wanted}' in {home}.{did_you_mean(wanted, names)}")


def _is_run(folder: Path) -> bool:
    return RunDirectory(folder).config_file.is_file()
