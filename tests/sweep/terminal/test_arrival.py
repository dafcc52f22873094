"""What is said of runs that did not reach the W&B server, and where the sweep's page is shown."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sweep_cases import make_sweep, open_ledger, parabola, trials_of, work

from swatch.sweep.records import SweepRecord
from swatch.sweep.results.results import show_results
from swatch.sweep.terminal.arrival import missing, page
from swatch.tracking import RunDirectory
from swatch.tracking.registration import remember
from swatch.tracking.remote_sweep import RemoteSweep
from swatch.tracking.state import TrackingState

PLACE = RemoteSweep("http://here", "me", "swatch", "abc12345")


def swept(folder: Path, mode: str = "online", place: RemoteSweep | None = PLACE) -> SweepRecord:
    """A sweep of four trials whose runs lie in ``folder/runs``, of which nothing was sent."""
    make_sweep(folder, tracking={"mode": mode, "project": "swatch", "entity": None})
    work(folder, parabola)
    for trial in trials_of(folder):
        (folder / "runs" / trial.run_id).mkdir(parents=True)
    ledger = open_ledger(folder)
    if place is not None:
        ledger.update_sweep("s", options=remember(ledger.sweep("s").options, place))
    return ledger.sweep("s")


def send(folder: Path, number: int, **state: Any) -> None:
    directory = RunDirectory(folder / "runs" / trials_of(folder)[number].run_id)
    told = {"mode": "online", "sent": True, "sweep_id": PLACE.sweep_id, **state}
    directory.write_tracking(TrackingState(**told))


def line_of(folder: Path, sweep: SweepRecord) -> str | None:
    return missing(folder / "runs", sweep, trials_of(folder))


def test_runs_count_as_sent_when_all_of_them_is_in_the_sweep(tmp_path: Path) -> None:
    sweep = swept(tmp_path)
    send(tmp_path, 0)
    send(tmp_path, 1, sent=False, problem="no answer")
    send(tmp_path, 2, sweep_id=None)
    assert line_of(tmp_path, sweep) == (
        "3 of 4 runs did not reach W&B; `swatch sync s` sends what is missing."
    )
    for number in (1, 2, 3):
        send(tmp_path, number)
    assert line_of(tmp_path, sweep) is None


def test_runs_on_other_machines_are_theirs_to_send(tmp_path: Path) -> None:
    sweep = swept(tmp_path)
    for trial in trials_of(tmp_path)[1:]:
        (tmp_path / "runs" / trial.run_id).rmdir()
    send(tmp_path, 0)
    assert line_of(tmp_path, sweep) is None


def test_a_sweep_that_no_server_took_is_missing_whole(tmp_path: Path) -> None:
    sweep = swept(tmp_path, place=None)
    send(tmp_path, 0, sweep_id=None)
    assert line_of(tmp_path, sweep) == (
        "The sweep did not reach W&B; `swatch sync s` sends it with its runs."
    )
    assert page(sweep) is None


@pytest.mark.parametrize("mode", ["offline", "disabled"])
def test_nothing_is_missing_that_was_to_stay_here(tmp_path: Path, mode: str) -> None:
    assert line_of(tmp_path, swept(tmp_path, mode=mode)) is None


def test_the_page_is_shown_with_the_results_and_the_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from swatch.sweep.terminal import status

    sweep = swept(tmp_path)
    address = "http://here/me/swatch/sweeps/abc12345"
    assert page(sweep) == address
    out = io.StringIO()
    show_results(sweep, trials_of(tmp_path), tmp_path, Console(file=out, width=100))
    assert f"W&B:    {address}" in out.getvalue().splitlines()
    monkeypatch.setattr(status, "storage_of", lambda *_, **__: open_ledger(tmp_path).url)
    assert status.sweep_status("s", None, width=100)[-1] == f"W&B: {address}"
