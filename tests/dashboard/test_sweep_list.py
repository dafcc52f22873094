"""The list of sweeps and their pages: read again only after a change."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from made_sweeps import AXES, GrowingSweep
from synthetic import make_sweep

from swatch.dashboard import sweep_list
from swatch.dashboard.sweep_list import SweepList, open_ledger
from swatch.dashboard.sweep_pages import SHARE, SweepPages
from swatch.errors import UserError
from swatch.report.frame import Frame
from swatch.report.sweep import page as sweep_page
from swatch.sweep.home import LEDGER_FILE, sweep_folder
from swatch.sweep.ledger import Ledger, sqlite_url
from swatch.sweep.records import SweepRecord, SweepState, TrialRecord


class Clock:
    """Moves on by so many seconds whenever it is looked at."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[GrowingSweep]:
    sweep = GrowingSweep(tmp_path, "mine")
    sweep.grow(2)
    yield sweep
    sweep.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every database that is opened."""
    seen: list[str] = []
    monkeypatch.setattr(sweep_list, "open_ledger", lambda url: (seen.append(url), open_ledger(url))[1])
    return seen


def test_a_row_says_how_a_sweep_stands(tmp_path: Path, mine: GrowingSweep) -> None:
    (row,) = SweepList(tmp_path).since(0)["rows"]
    trials = mine.ledger.trials("mine")
    best = max(trials, key=lambda trial: trial.objective or 0.0)
    assert (row["id"], row["state"], row["over"], row["count"]) == ("mine", "running", 2, 40)
    assert (row["metric"], row["goal"], row["value"]) == ("val/accuracy", "maximize", best.objective)
    assert (row["best"], row["bestRun"], len(row["spark"])) == (best.number, best.run_id, 2)
    assert sum(row["states"].values()) == 2
    assert row["metrics"] == ["val/accuracy"]


def test_a_row_names_all_metrics(tmp_path: Path) -> None:
    url = sqlite_url(sweep_folder(tmp_path, "two") / LEDGER_FILE)
    text = (
        "method: random\nparameters: {x: {min: 0, max: 9}}\n"
        "metrics: [{name: val/accuracy, goal: maximize}, {name: seconds, goal: minimize}]\n"
    )
    with closing(Ledger(url, create=True, axes=AXES)) as ledger:
        ledger.create_sweep(make_sweep(id="two", yaml=text), identity="two")
    (row,) = SweepList(tmp_path).since(0)["rows"]
    assert row["metrics"] == ["val/accuracy", "seconds"]


def test_an_unchanged_ledger_is_not_opened_again(
    tmp_path: Path, mine: GrowingSweep, opened: list[str]
) -> None:
    sweeps = SweepList(tmp_path, clock=Clock(0.1 + sweep_list.REFRESH_SECONDS))
    revision = sweeps.since(0)["revision"]
    opened.clear()
    assert sweeps.since(revision)["rows"] == [] and opened == []
    mine.grow(3)
    (row,) = sweeps.since(revision)["rows"]
    assert row["over"] == 5 and opened == [mine.url]


def test_whether_an_open_sweeps_processes_live_is_asked_now_and_then(
    tmp_path: Path, mine: GrowingSweep, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeps = SweepList(tmp_path, clock=Clock(0.1 + sweep_list.LIVENESS_SECONDS))
    revision = sweeps.since(0)["revision"]
    monkeypatch.setattr(
        sweep_list, "state_in_words", lambda *_: ("interrupted (its processes died; `x` goes on)", 0)
    )
    (row,) = sweeps.since(revision)["rows"]
    assert (row["state"], row["advice"]) == ("interrupted", "its processes died; `x` goes on")


def test_a_sweep_without_any_result_has_failed(tmp_path: Path, mine: GrowingSweep) -> None:
    ledger = mine.ledger
    ledger.create_sweep(make_sweep(id="second", state="running"), identity="second")
    agent = ledger.register("second", "agent")
    attempt = ledger.claim(
        *("second", agent), number=0, point={}, point_key="0", overrides=[], run_id="second-000", seed=0
    )
    assert attempt is not None
    ledger.end_attempt(attempt, "failed", reason="diverged", summary={})
    ledger.update_sweep("second", state="finished")
    rows = {row["id"]: row for row in SweepList(tmp_path, mine.url).since(0)["rows"]}
    assert (rows["second"]["state"], rows["second"]["advice"]) == ("failed", "no trial has a result")
    assert rows["mine"]["state"] == "running"


def test_a_damaged_ledger_is_named_and_the_others_are_shown(tmp_path: Path, mine: GrowingSweep) -> None:
    broken = tmp_path / "sweeps" / "broken"
    broken.mkdir()
    (broken / "study.db").write_bytes(b"no database at all" * 100)
    rows = {row["id"]: row for row in SweepList(tmp_path).since(0)["rows"]}
    assert rows["mine"]["state"] == "running" and rows["broken"]["state"] == "damaged"
    assert "cannot be used" in rows["broken"]["problem"]


def test_one_database_holds_several_sweeps(tmp_path: Path, mine: GrowingSweep) -> None:
    mine.ledger.create_sweep(make_sweep(id="second"), identity="second")
    assert sorted(SweepList(tmp_path / "elsewhere", mine.url).names()) == ["mine", "second"]


def test_reading_holds_no_lock_and_writes_nothing(tmp_path: Path, mine: GrowingSweep) -> None:
    path = tmp_path / "sweeps" / "mine" / "study.db"
    mine.close()
    names = sorted(file.name for file in path.parent.iterdir())
    assert names == ["study.db"]
    with open_ledger(mine.url) as ledger:
        assert len(ledger.trials("mine")) == 2
        with pytest.raises(UserError, match="readonly"):
            ledger.change_state("mine", SweepState.PAUSED, only_from=[SweepState.RUNNING])
        # Somebody else writes in the meantime.
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            other.execute("ROLLBACK")
        assert len(ledger.trials("mine")) == 2
    assert sorted(file.name for file in path.parent.iterdir()) == names


def test_a_page_is_made_once_for_each_change_and_not_too_often(
    tmp_path: Path, mine: GrowingSweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def render(sweep: SweepRecord, trials: list[TrialRecord], **_: Any) -> str:
        made.append(len(trials))
        return f"{len(trials)} trials"

    monkeypatch.setattr(sweep_page, "render", render)
    clock = Clock(0.1)
    pages = SweepPages(SweepList(tmp_path, clock=Clock(2.0)), lambda *_: Frame(), clock, Clock(1.5))
    assert pages.page("nothing") is None and pages.version("nothing") is None
    version = pages.version("mine")
    assert pages.page("mine") == "2 trials" and pages.page("mine") == "2 trials" and made == [2]
    assert pages.version("mine") == version
    mine.grow(2)
    # Making it took 1.5 seconds of the processor: for fifteen the page stays as it is.
    assert pages.version("mine") == version and pages.page("mine") == "2 trials"
    clock.now += 1.5 / SHARE
    assert pages.version("mine") != version and pages.page("mine") == "4 trials" and made == [2, 4]
