"""The runs of a home folder, read again only where something was written."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swatch.dashboard.changes import ChangingRows, Row
from swatch.dashboard.run_summary import summarize
from swatch.evaluation.comparing import INTERRUPTED, RUNNING
from swatch.report.run.view import is_run
from swatch.tracking import RunDirectory

REFRESH_SECONDS = 1.0
"""The folder is looked through at most this often, whoever asks."""
# What was written in the last moment may be written again within the file system's clock tick.
_UNSETTLED_NANOSECONDS = 2_000_000_000


@dataclass
class _Known:
    stamp: tuple[int, ...]
    row: Row
    is_over: bool
    is_settled: bool


class RunList:
    """What is known of all runs.

    A run that has ended changes only through files that are made anew in its folder, so the folder's own time
    tells; one that has not also grows its history. Files are read again only when one of these times differs.
    """

    def __init__(self, home: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.home = home
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        self._rows = ChangingRows()
        self._looked: float | None = None

    def since(self, revision: int) -> dict[str, Any]:
        """Return what changed after a revision; see :meth:`ChangingRows.since`."""
        with self._lock:
            self._refresh()
            return self._rows.since(revision)

    def find(self, run_id: str) -> Path | None:
        """Return a run's folder, or None if there is no such run in the home folder.

        Only names that the folder itself lists are found: no path is made of what a browser sends.
        """
        with self._lock:
            if run_id not in self._known:
                self._refresh()
            return self.home / run_id if run_id in self._known else None

    def names(self) -> list[str]:
        """Return the runs' ids."""
        with self._lock:
            return list(self._known)

    def _refresh(self) -> None:
        now = self._clock()
        if self._looked is not None and now - self._looked < REFRESH_SECONDS:
            return
        self._looked = now
        found: dict[str, _Known] = {}
        wall = time.time_ns()
        try:
            entries = [entry for entry in os.scandir(self.home) if not entry.name.startswith(".")]
        except OSError:
            entries = []
        for entry in entries:
            known = self._look(entry, wall)
            if known is not None:
                found[entry.name] = known
        self._known = found
        self._rows.update({name: known.row for name, known in found.items()})

    def _look(self, entry: os.DirEntry[str], now: int) -> _Known | None:
        known, folder = self._known.get(entry.name), Path(entry.path)
        try:
            changed = entry.stat().st_mtime_ns
        except OSError:
            return None
        if known is None and not (entry.is_dir() and is_run(folder)):
            return None
        times = () if known is not None and known.is_over else _times(folder)
        if known is not None and known.is_settled and known.stamp == (changed, *times):
            # Nothing was written: all that may have changed is that its process died.
            is_as_said = known.row["state"] != RUNNING or RunDirectory(folder).is_alive()
            if is_as_said:
                return known
        row = summarize(folder, changed / 1e9)
        is_over = row["state"] not in (RUNNING, INTERRUPTED)
        times = () if is_over else times or _times(folder)
        is_settled = now - max(changed, *times, 0) > _UNSETTLED_NANOSECONDS
        return _Known((changed, *times), row, is_over, is_settled)


def _times(folder: Path) -> tuple[int, ...]:
    """Return when the files last changed that a run at work writes without making them anew."""
    times = []
    for name in ("history.jsonl", ".lock"):
        try:
            times.append((folder / name).stat().st_mtime_ns)
        except OSError:
            times.append(0)
    return tuple(times)
