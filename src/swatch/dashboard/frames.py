"""The frames of the dashboard's pages: navigation, scripts by address, and where else to look."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

from swatch.dashboard.sweep_list import SweepList
from swatch.report.frame import Elsewhere, Frame, Link
from swatch.sweep.ledger.database import shown_url

HOME = Link("Sweeps and runs", "/")


def run_address(run_id: str) -> str:
    """Return the address of a run's page."""
    return f"/runs/{quote(run_id, safe='')}"


def sweep_address(sweep_id: str) -> str:
    """Return the address of a sweep's page."""
    return f"/sweeps/{quote(sweep_id, safe='')}"


def comparison_address(run_ids: list[str], part: str = "") -> str:
    """Return the address of a comparison's page, or of a part of it."""
    return f"/compare{part}?{urlencode([('run', run_id) for run_id in run_ids])}"


class Frames:
    """Makes frames."""

    def __init__(
        self, sweeps: SweepList, find_run: Callable[[str], Path | None], nonce: str, plotly: str
    ) -> None:
        self._sweeps = sweeps
        self._find_run = find_run
        self._nonce = nonce
        self._plotly = plotly

    def sweep(self, sweep_id: str, version: str) -> Frame:
        """Return the frame of a version of a sweep's page."""
        row = self._sweeps.find(sweep_id)
        elsewhere: tuple[Elsewhere, ...] = ()
        if row is not None:
            command = f"optuna-dashboard {shlex.quote(shown_url(self._sweeps.url(sweep_id)))}"
            elsewhere = (
                Elsewhere(
                    "optuna-dashboard",
                    "shows Optuna's own plots of the same ledger, and notes on trials "
                    "(pip install optuna-dashboard).",
                    command,
                ),
            )
        return self._frame((HOME,), f"{sweep_address(sweep_id)}/version", version, elsewhere)

    def run(self, folder: Path, sweep_id: str | None, version: str) -> Frame:
        """Return the frame of a version of a run's page."""
        links: tuple[Link, ...] = (HOME,)
        if sweep_id is not None and self._sweeps.find(sweep_id) is not None:
            links = (HOME, Link(f"Sweep {sweep_id}", sweep_address(sweep_id)))
        elsewhere: tuple[Elsewhere, ...] = ()
        if (folder / "wandb").is_dir():
            elsewhere = (
                Elsewhere(
                    "wandb leet",
                    "shows this run in the terminal, with the machine's load, also over ssh.",
                    f"wandb leet {shlex.quote(str(folder))}",
                ),
            )
        return self._frame(links, f"{run_address(folder.name)}/version", version, elsewhere)

    def comparison(self, run_ids: list[str], version: str) -> Frame:
        """Return the frame of a version of a comparison's page."""
        return self._frame((HOME,), comparison_address(run_ids, "/version"), version, ())

    def _frame(
        self, links: tuple[Link, ...], live: str, version: str, elsewhere: tuple[Elsewhere, ...]
    ) -> Frame:
        return Frame(
            links=links,
            elsewhere=elsewhere,
            plotly=self._plotly,
            styles=("/static/frame.css",),
            scripts=("/static/live.js",),
            live=live,
            version=version,
            nonce=self._nonce,
            find_run=self._address_of,
        )

    def _address_of(self, run_id: str) -> str | None:
        return None if self._find_run(run_id) is None else run_address(run_id)
