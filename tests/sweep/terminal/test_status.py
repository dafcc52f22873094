"""``swatch sweep --status``: what it reads, and what it says of a sweep's state."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sweep_cases import Ended, make_sweep, open_ledger, parabola, trials_of, work

from swatch.sweep.agent.trial import Trial
from swatch.sweep.ledger.control import Control
from swatch.sweep.records import SweepState, TrialRecord
from swatch.sweep.terminal import status
from swatch.sweep.terminal.live_table import LiveTable
from swatch.sweep.terminal.notices import order_notice
from swatch.sweep.terminal.plain_lines import PlainLines
from swatch.sweep.terminal.status import all_sweeps, sweep_status


def text_of(parts: list[Any]) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    for part in parts:
        console.print(part)
    return console.export_text()


def test_an_overview_knows_everything_but_what_is_large(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=3, max_consecutive_failures=0)

    def sometimes(trial: Trial) -> Ended:
        if trial.number == 1:
            raise ValueError("no luck")
        return parabola(trial)

    work(tmp_path, sometimes)
    ledger = open_ledger(tmp_path)
    for slim, whole in zip(ledger.overview("s"), trials_of(tmp_path), strict=True):
        for name in ("number", "point_key", "run_id", "state", "reason", "objective", "seconds", "attempts"):
            assert getattr(slim, name) == getattr(whole, name)
        assert (slim.point, slim.history, slim.summary, slim.overrides) == ({}, [], {}, ())
    (one,) = ledger.trials("s", numbers=[2])
    assert one == trials_of(tmp_path)[2]


def test_of_many_trials_the_best_and_the_running_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "MOST_SHOWN", 2)
    make_sweep(tmp_path, count=5)
    order = iter([0.4, 0.1, 0.3, 0.2])

    def train(trial: Trial) -> Ended:
        if trial.number == 4:
            trial.log({"epoch": 1, "loss": 0.9})
            return Ended("interrupted", "gave it back")
        trial.log({"epoch": 1, "loss": next(order)})
        return Ended(summary={"epochs": 1})

    work(tmp_path, train)
    shown = text_of(sweep_status("s", open_ledger(tmp_path).url, width=120))
    rows = [line.split("│")[1].strip() for line in shown.splitlines() if line.startswith("│")]
    assert rows == ["1", "3", "4"]
    assert "and 2 trials more; `swatch report s` shows all of them" in shown
    assert "4 of 5 done · 0 running · 1 waiting" in shown


STATES = [
    ("running", True, "sweep s is running: "),
    ("paused", True, "sweep s is paused (`swatch sweep --resume s` goes on): "),
    ("stopping", True, "sweep s is stopping (what has begun is finished): "),
    ("cancelling", True, "sweep s is cancelling (what runs is saved): "),
    ("stopped", False, "sweep s is stopped (`swatch sweep --resume s` goes on): "),
    ("finished", False, "sweep s is finished: "),
    (
        "running",
        False,
        "sweep s is interrupted (its processes died; `swatch sweep --resume s` goes on): ",
    ),
    ("paused", False, "sweep s is paused (its processes died; `swatch sweep --resume s` goes on): "),
]


def test_the_state_in_words(tmp_path: Path) -> None:
    make_sweep(tmp_path)
    ledger = open_ledger(tmp_path)
    for state, lives, said in STATES:
        with Control(ledger, "s"):
            ledger.update_sweep("s", state=SweepState(state))
            if lives:
                assert said in text_of(sweep_status("s", ledger.url, width=120))
        if not lives:
            assert said in text_of(sweep_status("s", ledger.url, width=120))
            word = said.removeprefix("sweep s is ").partition(" (")[0].rstrip(": ")
            assert f" {word} " in text_of(all_sweeps(ledger.url))


def test_a_sweep_without_any_result_has_failed(tmp_path: Path) -> None:
    make_sweep(tmp_path, count=2)
    ledger = open_ledger(tmp_path)
    work(tmp_path, lambda trial: Ended("failed", "diverged: loss is nan"))
    ledger.update_sweep("s", state=SweepState.FINISHED)
    assert "sweep s is failed (no trial has a result): " in text_of(sweep_status("s", ledger.url, width=120))
    assert " failed " in text_of(all_sweeps(ledger.url))


def test_orders_show_where_the_sweep_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dataclasses import replace

    sweep = make_sweep(tmp_path, count=2)
    work(tmp_path, parabola)
    trials = trials_of(tmp_path)
    paused = replace(sweep, state=SweepState.PAUSED, count=3)
    notice = (
        "Paused: running trials go on to their end, nothing new begins. To go on: swatch sweep --resume s"
    )
    assert order_notice(paused) == notice
    assert order_notice(sweep) is None

    table = LiveTable(sweep, Console(width=120, file=io.StringIO()))
    table.update(trials, agents=2, stopping=False, sweep=paused)
    shown = text_of([table.render(trials, agents=2, stopping=False)])
    table.close()
    assert notice in shown and "2 of 3 done" in shown and "left" not in shown

    lines = PlainLines(sweep)
    for now in (sweep, paused, paused, replace(paused, state=SweepState.RUNNING)):
        lines.update(trials, agents=2, stopping=False, sweep=now)
    assert capsys.readouterr().err.splitlines() == ["p" + notice[1:], "going on"]


def test_a_bayesian_sweep_says_what_its_model_believes(tmp_path: Path) -> None:
    make_sweep(tmp_path, method="bayes", count=6)
    url = open_ledger(tmp_path).url
    work(tmp_path, lambda trial: Ended("failed", "diverged: loss is nan"))
    assert "The model" not in text_of(sweep_status("s", url, width=120)), "it knows nothing yet"
    open_ledger(tmp_path).update_sweep("s", count=12)
    work(tmp_path, parabola)
    lines = " ".join(text_of(sweep_status("s", url, width=120)).split())
    assert "The model expects loss 0." in lines and "the best by its mean" in lines
    assert "What matters: " in lines and "optimizer " in lines
    assert "One more trial is expected to gain 0." in lines


def test_the_status_and_the_report_believe_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stopped trial counts for follows from the histories, so that the status has to read them."""
    make_sweep(tmp_path, method="bayes", count=12)
    work(tmp_path, parabola)
    seen: list[TrialRecord] = []
    monkeypatch.setattr(
        "swatch.sweep.terminal.status.belief_lines", lambda _, trials: seen.extend(trials) or []
    )
    text_of(sweep_status("s", open_ledger(tmp_path).url, width=120))
    assert seen == trials_of(tmp_path)
    assert all(trial.history for trial in seen)


def test_where_there_are_no_sweeps_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWATCH_HOME", str(tmp_path / "empty"))
    assert text_of(all_sweeps(None)) == "There are no sweeps in empty yet.\n"


def test_a_title_stays_in_one_line_above_a_narrow_table(tmp_path: Path) -> None:
    from swatch.report.terminal.tables import best_table

    sweep = make_sweep(tmp_path, count=1)
    work(tmp_path, parabola)
    (trial,) = trials_of(tmp_path)
    title = "Best of sweep with-a-name-that-is-rather-long: trial 0"
    lines = text_of([best_table(sweep, trial, title=title)]).splitlines()
    assert lines[0].strip() == title
    assert len(lines[1]) < len(title)
