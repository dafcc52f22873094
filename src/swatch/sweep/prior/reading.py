"""``--prior``: finding out what it names, and reading that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from swatch.errors import UserError, did_you_mean
from swatch.sweep.home import LEDGER_FILE, storage_of, sweep_folder, sweep_names
from swatch.sweep.ledger import Ledger
from swatch.sweep.names import counted
from swatch.sweep.prior.files import SUFFIXES, read_file
from swatch.sweep.prior.known import KnownPoint
from swatch.sweep.prior.runs import read_run, read_trials
from swatch.sweep.restored import RestoredSweep
from swatch.sweep.space.search_space import SearchSpace


@dataclass(frozen=True)
class Prior:
    """What is known before a sweep starts."""

    points: tuple[KnownPoint, ...] = ()
    """Each point once."""
    notices: tuple[str, ...] = ()
    """What is worth a word, one line each."""


def read_prior(
    wanted: Sequence[str],
    space: SearchSpace,
    *,
    metric: str,
    goal: str,
    home: Path,
    storage: str | None = None,
) -> Prior:
    """Read everything that ``--prior`` names: runs, sweeps and files of points.

    Args:
        wanted: A file (``.csv`` or ``.yaml``), a run directory or a run's id, a sweep's folder or id.
        space: The sweep's space; points outside it are errors in a file or a run, and left aside with a
            notice in another sweep, which was over a space of its own.
        metric: The sweep's metric.
        goal: ``"minimize"`` or ``"maximize"``.
        home: The folder of runs and sweeps, where ids are looked up.
        storage: A database in which sweeps are looked up as well.

    Raises:
        UserError: There is no such thing, or something in it is wrong; with file and line, or the key.
    """
    found: list[KnownPoint] = []
    notices: list[str] = []
    for text in wanted:
        path = Path(text)
        if path.is_file():
            if path.suffix not in SUFFIXES:
                raise UserError(f"--prior {text}: a file of points is one of {', '.join(SUFFIXES)}")
            found += read_file(path, space, metric)
        elif (directory := _run_directory(path, home)) is not None:
            found.append(read_run(directory, space, metric, goal))
        else:
            points, notice = _read_sweep(text, space, metric, goal, home, storage)
            found += points
            notices.append(notice)
    return Prior(tuple(_different(space, found)), tuple(notices))


def _run_directory(path: Path, home: Path) -> Path | None:
    for folder in (path, home / path):
        if (folder / "config.yaml").is_file():
            return folder
    return None


def _read_sweep(
    text: str, space: SearchSpace, metric: str, goal: str, home: Path, storage: str | None
) -> tuple[list[KnownPoint], str]:
    folder = Path(text)
    if (folder / LEDGER_FILE).is_file():
        home, sweep_id = folder.absolute().parent.parent, folder.absolute().name
        storage = None
    else:
        sweep_id = text
        if storage is None and not (sweep_folder(home, sweep_id) / LEDGER_FILE).is_file():
            raise UserError(
                f"--prior {text}: there is no file, run or sweep of this name here or in {home}."
                f"{did_you_mean(text, sweep_names(home))}"
            )
    ledger = Ledger(storage_of(home, sweep_id, storage, must_exist=True))
    try:
        sweep, trials = ledger.sweep(sweep_id), ledger.trials(sweep_id)
    finally:
        ledger.close()
    points, outside = read_trials(sweep, trials, RestoredSweep.of(sweep).space, space, metric, goal)
    if not points:
        why = f"all {outside} lie outside this sweep's space" if outside else f"none logged '{metric}'"
        raise UserError(f"--prior {text}: no trial of the sweep is of use here: {why}.")
    notice = f"--prior {text}: {counted(len(points), 'known point')}"
    return points, f"{notice}; {outside} outside this sweep's space are left aside" if outside else notice


def _different(space: SearchSpace, points: Iterable[KnownPoint]) -> list[KnownPoint]:
    """Return each point once: its first result, else its first mention."""
    first: dict[str, KnownPoint] = {}
    for known in points:
        key = space.point_key(known.point)
        if key not in first or (first[key].value is None and known.value is not None):
            first[key] = known
    return list(first.values())
