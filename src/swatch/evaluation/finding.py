"""Which run a command means."""

from __future__ import annotations

import os
from pathlib import Path

from swatch.errors import UserError, did_you_mean
from swatch.tracking import RunDirectory

SWEEP_FILE = "sweep.yaml"
"""By which the directory of a sweep is known."""


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
    is_named = path.name == wanted and (home / "sweeps" / wanted).is_dir()
    if is_named or (path / SWEEP_FILE).is_file():
        raise UserError(
            f"'{wanted}' is a sweep, and a run is wanted; `swatch best {path.resolve().name} --top 5` shows "
            "its best runs"
        )
    for folder in (path, home / wanted) if wanted else ():
        if folder.is_dir():
            raise UserError(f"{folder} is no run directory, or damaged: it has no config.yaml")
    if path.is_file():
        raise UserError(f"{path} is no file of a run: name a run, its folder or its model.npz")
    names = [folder.name for folder in home.iterdir() if _is_run(folder)] if home.is_dir() else []
    raise UserError(f"there is no run '{wanted}' in {home}.{did_you_mean(wanted, names)}")


def _is_run(folder: Path) -> bool:
    return RunDirectory(folder).config_file.is_file()
