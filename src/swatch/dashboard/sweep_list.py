"""The sweeps of a home folder or a database, read again only where a ledger was written to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from swatch.dashboard.changes import ChangingRows, Row
from swatch.dashboard.run_summary import spark
from swatch.errors import UserError
from swatch.report.ranking import best_trial, running_best, value_of
from swatch.sweep.home import LEDGER_FILE
from swatch.sweep.ledger import Ledger, sqlite_url
from swatch.sweep.records import SweepRecord, TrialRecord, TrialState
from swatch.sweep.results.standing import several_metrics
from swatch.sweep.terminal.status import state_in_words

REFRESH_SECONDS = 1.0
"""Ledgers are looked at at most this often, whoever asks."""
LIVENESS_SECONDS = 5.0
"""How often it is asked whether the processes of an open sweep still live, which no file tells."""
# No trial changes so often; PostgreSQL's integers end there.
_AFTER_ALL = 2**31 - 1

Stamp = tuple[Any, ...]


@dataclass
class _Source:
    """A database, and what was found there."""

    stamp: Stamp
    checked: float
    rows: dict[str, Row]
    has_open: bool


class SweepList:
    """What is known of all sweeps, and where each one's ledger is."""

    def __init__(
        self, home: Path, storage: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.home = home
        self.storage = storage
        self._clock = clock
        self._lock = threading.Lock()
        self._sources: dict[str, _Source] = {}
        self._rows = ChangingRows()
        self._looked: float | None = None

    def since(self, revision: int) -> dict[str, Any]:
        """Return what changed after a revision; see :meth:`ChangingRows.since`."""
        with self._lock:
            self._refresh()
            return self._rows.since(revision)

    def find(self, sweep_id: str) -> Row | None:
        """Return a sweep's row, or None if there is no such sweep."""
        with self._lock:
            self._refresh()
            rows = (source.rows.get(sweep_id) for source in self._sources.values())
            return next((row for row in rows if row is not None), None)

    def url(self, sweep_id: str) -> str:
        """Return where a sweep's ledger is, with its password: no row, as rows go to the browser.

        Raises KeyError if there is no such sweep.
        """
        with self._lock:
            urls = {name: url for url, source in self._sources.items() for name in source.rows}
            return urls[sweep_id]

    def names(self) -> list[str]:
        """Return the sweeps' ids."""
        with self._lock:
            self._refresh()
            return [name for source in self._sources.values() for name in source.rows]

    def _refresh(self) -> None:
        now = self._clock()
        if self._looked is not None and now - self._looked < REFRESH_SECONDS:
            return
        self._looked = now
        found: dict[str, _Source] = {}
        for url, stamp in self._ledgers():
            known = self._sources.get(url)
            is_due = known is None or (known.has_open and now - known.checked >= LIVENESS_SECONDS)
            if known is not None and known.stamp == stamp and not is_due:
                found[url] = known
            else:
                found[url] = _read(url, stamp, now, known)
        self._sources = found
        self._rows.update({name: row for source in found.values() for name, row in source.rows.items()})

    def _ledgers(self) -> Iterator[tuple[str, Stamp]]:
        if self.storage is not None:
            # Another machine's database has no file that tells when it changed: it is asked every time.
            yield self.storage, (self._looked,)
            return
        for path in sorted((self.home / "sweeps").glob(f"*/{LEDGER_FILE}")):
            yield sqlite_url(path), _times(path)


@contextmanager
def open_ledger(url: str) -> Iterator[Ledger]:
    """Open a ledger for reading alone, for as long as it takes."""
    ledger = Ledger(url, read_only=True)
    try:
        yield ledger
    finally:
        ledger.close()


def _times(path: Path) -> Stamp:
    """Return when the database or its log was last written, and how large they are."""
    found: list[int] = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        try:
            status = file.stat()
            found += [status.st_mtime_ns, status.st_size]
        except OSError:
            found += [0, 0]
    return tuple(found)


def _read(url: str, stamp: Stamp, now: float, known: _Source | None) -> _Source:
    """Read a database; of sweeps whose revision is the known one only the state is asked for."""
    before = {} if known is None else known.rows
    try:
        with open_ledger(url) as ledger:
            rows = {}
            for sweep in ledger.sweeps():
                revision, _ = ledger.changes(sweep.id, _AFTER_ALL)
                row = before.get(sweep.id)
                if row is None or row["revision"] != revision:
                    trials = ledger.overview(sweep.id)
                    row = {**_summarize(sweep, trials), "revision": revision}
                states = [TrialState(name) for name in row["states"]]
                state, _, advice = state_in_words(ledger, sweep, states)[0].partition(" (")
                rows[sweep.id] = {**row, "state": state, "advice": advice.removesuffix(")")}
    except UserError as error:
        # A ledger that is being made or moved may be whole again at the next look.
        name = _name_of(url)
        return _Source(stamp, now, {name: _damaged(name, str(error))}, has_open=True)
    has_open = any(row["isOpen"] for row in rows.values())
    return _Source(stamp, now, rows, has_open)


def _summarize(sweep: SweepRecord, trials: list[TrialRecord]) -> Row:
    best = best_trial(sweep, trials)
    counts = {state.value: sum(trial.state is state for trial in trials) for state in TrialState}
    return {
        "id": sweep.id,
        "metric": sweep.metric,
        "metrics": [metric.name for metric in several_metrics(sweep)] or [sweep.metric],
        "goal": sweep.goal,
        "method": sweep.method,
        "count": sweep.count,
        "trials": len(trials),
        "over": sum(trial.state.is_over for trial in trials),
        "states": {state: number for state, number in counts.items() if number},
        "value": None if best is None else value_of(best),
        "best": None if best is None else best.number,
        "bestRun": None if best is None else best.run_id,
        "spark": spark(running_best(sweep, trials)),
        "created": sweep.created.timestamp(),
        "isOpen": sweep.state in _OPEN,
        "problem": None,
    }


_OPEN = ("waiting", "running", "paused", "stopping", "cancelling")


def _name_of(url: str) -> str:
    """Return what stands for a ledger that cannot be read: its sweep's folder, or the database's name."""
    where = make_url(url)
    name = Path(str(where.database))
    return name.parent.name if where.get_backend_name() == "sqlite" else str(name)


def _damaged(name: str, problem: str) -> Row:
    return {
        "id": name,
        "metric": "",
        "metrics": [],
        "goal": "maximize",
        "method": "",
        "count": None,
        "trials": 0,
        "over": 0,
        "states": {},
        "value": None,
        "best": None,
        "bestRun": None,
        "spark": [],
        "created": None,
        "isOpen": True,
        "problem": problem,
        "revision": -1,
        "state": "damaged",
        "advice": "",
    }
