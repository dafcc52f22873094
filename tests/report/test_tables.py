"""Tables for the terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console
from rich.table import Table
from synthetic import make_sweep, make_trials

from swatch.report.labels import format_metric, format_seconds, format_value
from swatch.report.ranking import best_trial, ranked, result_text
from swatch.report.terminal.tables import best_table, trials_table
from swatch.sweep.records import TrialState


def text_of(table: Table, width: int = 200) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_the_best_table_names_result_run_and_every_parameter() -> None:
    sweep, trials = make_sweep(), make_trials(20)
    best = best_trial(sweep, trials)
    assert best is not None
    text = text_of(best_table(sweep, best))
    for part in (f"trial {best.number}", format_metric(best.objective), best.run_id, *best.point):
        assert part in text
    for value in best.point.values():
        assert format_value(value) in text


def test_the_trials_table_shows_the_top_in_order_and_what_differs() -> None:
    sweep, trials = make_sweep(), make_trials(20)
    table = trials_table(sweep, trials, top=5)
    text = text_of(table)
    assert "the best 5 of 20" in text and table.row_count == 5
    rows = [line.split("│")[1].strip() for line in text.splitlines() if line.startswith("│")]
    assert [int(row) for row in rows] == [trial.number for trial in ranked(sweep, trials)[:5]]
    assert "epochs" not in text, "the same in all trials"
    assert "learning_rate" in text


def test_many_parameters_share_one_column() -> None:
    trials = [
        replace(t, point={f"group.p{index}": t.number * index + 0.5 for index in range(1, 12)})
        for t in make_trials(4)
    ]
    text = text_of(trials_table(make_sweep(), trials, width=160), width=160)
    lines = text.splitlines()
    assert "more parameters" in text and " p1 " in text and "=" in text
    assert len(lines) == 6 + len(trials), "one line a trial, and two of headings"
    assert max(map(len, lines)) <= 160
    assert "more parameters" not in text_of(trials_table(make_sweep(), trials, width=240), width=240)


def test_long_reasons_are_cut() -> None:
    trials = [replace(t, reason="because " * 30, state=TrialState.STOPPED) for t in make_trials(2)]
    text = text_of(trials_table(make_sweep(), trials, width=150), width=150)
    assert "because because" in text and "…" in text
    assert len(text.splitlines()) == 6 + len(trials)


def test_narrow_terminals_and_markup_in_names_do_no_harm() -> None:
    trials = [
        replace(t, point={"[red]x[/]": f"[bold]{t.number}"}, reason="[link=x]", state=TrialState.FAILED)
        for t in make_trials(3)
    ]
    wide = text_of(trials_table(make_sweep(id="[b]s"), trials))
    assert "[red]x[/]" in wide and "[bold]2" in wide and "[link=x]" in wide and "[b]s" in wide
    narrow = text_of(trials_table(make_sweep(), make_trials(10)), width=40)
    assert max(len(line) for line in narrow.splitlines()) <= 40


@pytest.mark.parametrize("width", range(52, 161, 9))
def test_what_came_of_a_trial_is_never_cut_off(width: int) -> None:
    sweep, trials = make_sweep(), make_trials(30)
    text = text_of(trials_table(sweep, trials, width=width), width=width)
    lines = [line for line in text.splitlines() if line.startswith("│")]
    assert len(lines) == len(trials) and max(map(len, text.splitlines())) <= width
    for line, trial in zip(lines, ranked(sweep, trials), strict=True):
        cells = [cell.strip() for cell in line.strip("│").split("│")]
        assert cells[:3] == [str(trial.number), trial.state.value, result_text(trial)]
        assert cells[4] == format_seconds(trial.seconds)


def test_eighty_columns_hold_parameters_and_wider_ones_the_reasons() -> None:
    narrow = text_of(trials_table(make_sweep(), make_trials(30), width=80), width=80)
    assert "more parameters" in narrow and "learning_rate=" in narrow and "reason" not in narrow
    assert "validation ┃" in narrow and "accuracy ┃" in narrow
    wide = text_of(trials_table(make_sweep(), make_trials(30), width=120), width=120)
    assert "reason" in wide and "hyperband" in wide
    widest = text_of(trials_table(make_sweep(), make_trials(30), width=200))
    assert "validation accuracy ┃" in widest and "more parameters" not in widest


def test_without_trials_the_table_is_empty() -> None:
    assert trials_table(make_sweep(), []).row_count == 0
