"""The folders in which runs and sweeps are looked for: this machine's home, and those brought from others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from swatch.errors import UserError
from swatch.files import WriteError
from swatch.sweep.home import LEDGER_FILE, sweep_folder, sweep_names
from swatch.tracking import RunDirectory
from swatch.tracking.remote_sweep import RemoteSweep


class Folders:
    """Home folders, folders of run directories, and single run directories, in the order of preference."""

    def __init__(self, homes: Sequence[Path], given: Sequence[Path]) -> None:
        """Look in ``homes`` first, which need not exist, then in the folders that the user gave.

        Raises:
            UserError: One of ``given`` is no folder.
        """
        for folder in given:
            if not folder.is_dir():
                raise UserError(f"--from {folder}: there is no such folder")
        self._homes = tuple(home.absolute() for home in homes)
        self.given = tuple(folder.absolute() for folder in given)
        self.all = tuple(dict.fromkeys([*self._homes, *self.given]))
        self._single = {run_id_of(path): path for path in self.all if is_run(path)}
        self.used: set[Path] = set()
        """Those of ``given`` that held something that was looked for."""

    def with_home(self, home: Path) -> Folders:
        """Return these folders with another home before them."""
        return Folders([home, *self._homes], self.given)

    def runs(self, run_id: str) -> list[RunDirectory]:
        """Return the directories of a run, which may lie on several machines."""
        found = [(folder, folder / run_id) for folder in self.all if is_run(folder / run_id)]
        if run_id in self._single:
            found.append((self._single[run_id], self._single[run_id]))
        self.used |= {folder for folder, _ in found}
        return [RunDirectory(path) for path in dict.fromkeys(path.resolve() for _, path in found)]

    def ledgers(self, sweep_id: str) -> list[Path]:
        """Return the ledger files of the sweeps of that id."""
        found = []
        for folder in self.all:
            path = sweep_folder(folder, sweep_id) / LEDGER_FILE
            if path.exists():
                self.used.add(folder)
                found.append(path)
        return found

    def members(self, remote: str) -> dict[Path, RemoteSweep]:
        """Return the directories of the runs of a sweep that W&B's engine ran.

        ``remote`` is the server's id of the sweep, or ``entity/project/id``.
        """
        found = {}
        for folder, path in self._directories():
            description = RunDirectory(path).read_description()
            sweep = None if description is None else description.remote_sweep
            if sweep is not None and remote in (sweep.sweep_id, sweep.path):
                self.used.add(folder)
                found[path] = sweep
        return found

    def names(self) -> Iterator[str]:
        """Name every sweep and run that is here."""
        for folder in self.all:
            yield from sweep_names(folder)
        yield from (path.name for _, path in self._directories())

    def _directories(self) -> Iterator[tuple[Path, Path]]:
        """Yield every run directory with the folder that it was found in."""
        for folder in self.all:
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if is_run(path):
                    yield folder, path
        yield from ((path, path) for path in self._single.values())


def is_run(path: Path) -> bool:
    """Whether a folder holds a run."""
    return (path / "config.yaml").is_file()


def run_id_of(path: Path) -> str:
    """Return the id of the run that a folder holds; the folder may have been renamed."""
    description = RunDirectory(path).read_description()
    return path.name if description is None else description.run_id


def is_alive(directory: RunDirectory) -> bool:
    """Whether a living process of this machine trains the run."""
    try:
        return directory.is_alive()
    except WriteError:
        return False  # Nothing trains in a folder that nobody may write to.


def best_of(directories: Sequence[RunDirectory]) -> RunDirectory | None:
    """Return the directory that knows most of a run: one that has its end, then the longest history."""

    def knowledge(directory: RunDirectory) -> tuple[bool, bool, int, float]:
        summary = directory.read_summary()
        is_over = summary is not None and summary.get("status") != "interrupted"
        changed = directory.history_file.stat().st_mtime if directory.history_file.exists() else 0.0
        return is_over, summary is not None, len(directory.read_history()), changed

    return max(directories, key=knowledge, default=None)
