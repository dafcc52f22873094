"""The live pages of sweeps: rendered when something changed, and no more often than that is worth."""

from __future__ import annotations

import hashlib
import importlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from swatch.dashboard.sweep_list import SweepList, open_ledger
from swatch.report.frame import Frame
from swatch.report.sweep import page as sweep_page
from swatch.report.sweep.background import background_of

SHARE = 0.1
"""Of one core's time that rendering a sweep's page may take: the sweep itself needs the cores."""
LONGEST_WAIT = 30.0
"""Seconds after which a page is made anew all the same."""


@dataclass
class _Page:
    revision: tuple[int, str]
    version: str
    html: str
    made: float
    cost: float
    """Seconds of processor time that it took."""


class SweepPages:
    """Pages by sweep, each with a version that changes when a newer one is to be had."""

    def __init__(
        self,
        sweeps: SweepList,
        frame: Callable[[str, str], Frame],
        clock: Callable[[], float] = time.monotonic,
        processor_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._sweeps = sweeps
        self._frame = frame
        self._clock = clock
        self._processor_clock = processor_clock
        self._lock = threading.Lock()
        self._pages: dict[str, _Page] = {}

    def version(self, sweep_id: str) -> str | None:
        """Return the version that :meth:`page` would give now; None if there is no such sweep."""
        row = self._sweeps.find(sweep_id)
        if row is None:
            return None
        page = self._pages.get(sweep_id)
        revision = (row["revision"], row["state"])
        if page is not None and (page.revision == revision or not self._is_due(page)):
            return page.version
        return _version_of(revision)

    def page(self, sweep_id: str) -> str | None:
        """Return the sweep's page; None if there is no such sweep.

        Raises:
            UserError: the ledger cannot be read.
        """
        with self._lock:
            row = self._sweeps.find(sweep_id)
            if row is None:
                return None
            page = self._pages.get(sweep_id)
            revision = (row["revision"], row["state"])
            if page is None or (page.revision != revision and self._is_due(page)):
                page = self._made(sweep_id, self._sweeps.url(sweep_id), revision)
                self._pages[sweep_id] = page
            return page.html

    def _made(self, sweep_id: str, url: str, revision: tuple[int, str]) -> _Page:
        version = _version_of(revision)
        # What is loaded once, with the first page, does not count against the next one.
        importlib.import_module("sklearn.ensemble")
        before = self._processor_clock()
        with open_ledger(url) as ledger:
            sweep, trials = ledger.sweep(sweep_id), ledger.trials(sweep_id)
        background = background_of(sweep, trials, self._sweeps.home)
        frame = self._frame(sweep_id, version)
        html = sweep_page.render(sweep, trials, background=background, frame=frame)
        return _Page(revision, version, html, self._clock(), self._processor_clock() - before)

    def _is_due(self, page: _Page) -> bool:
        return self._clock() - page.made >= min(page.cost / SHARE, LONGEST_WAIT)


def _version_of(revision: tuple[int, str]) -> str:
    return hashlib.sha256(repr(revision).encode()).hexdigest()[:16]
