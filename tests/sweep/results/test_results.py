"""What a sweep leaves behind: the table, the best configuration, and what the terminal shows meanwhile."""

from __future__ import annotations

import csv
import io
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from swatch.sweep.records import SweepRecord, TrialRecord, TrialState
from swatch.sweep.results.again import train_command
from swatch.sweep.results.results import show_results, trials_csv, write_results
from swatch.sweep.terminal.live_table import LiveTable, status_line
from swatch.sweep.terminal.plain_lines import PlainLines
from swatch.sweep.terminal.progress import progress

START = datetime(2026, 1, 1, tzinfo=UTC)
SWEEP = SweepRecord(
    id="quick-3f9a2c",
    yaml="",
    overrides=(),
    seed=0,
    method="random",
    metric="val/accuracy",
    goal="maximize",
    count=5,
    state="running",
    created=START,
    options={"epochs": 3},
    parameters={"optimizer.learning_rate": {"min": 0.001, "max": 0.1}},
)


def trial(
    number: int, value: float | None, state: TrialState = TrialState.FINISHED, **changes: Any
) -> TrialRecord:
    best = {} if value is None else {"best": {"epoch": 2, "step": 40, "val/accuracy": value}}
    fields: dict[str, Any] = {
        "number": number,
        "point": {"optimizer.learning_rate": 0.001 * (number + 1), "model.hidden_sizes": [64, 32]},
        "point_key": str(number),
        "run_id": f"quick-3f9a2c-{number:03d}-abcd",
        "seed": 0,
        "state": state,
        "attempts": 1,
        "history": []
        if value is None
        else [{"epoch": 1, "val/accuracy": 0.1}, {"epoch": 2, "val/accuracy": value}],
        "summary": best,
        "objective": value,
        "started": START,
        "ended": START + timedelta(seconds=10) if state.is_over else None,
        "overrides": (
            "data.folder=/my data",
            "run.name='{swept}'",
            f"optimizer.learning_rate={0.001 * (number + 1)}",
        ),
    }
    return TrialRecord(**{**fields, **changes})


TRIALS = [
    trial(0, 0.80),
    trial(1, 0.90),
    trial(2, 0.70, TrialState.STOPPED, reason="hyperband, band 1"),
    trial(3, None, TrialState.FAILED, reason="ValueError: no, really"),
    trial(4, 0.95, TrialState.RUNNING),
]


def test_the_files_of_a_sweep(tmp_path: Path) -> None:
    write_results(SWEEP, TRIALS, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.yaml", "report.html", "trials.csv"]
    best = yaml.safe_load((tmp_path / "best.yaml").read_text())
    assert best["trial"] == 1, "a running trial is not the best yet"
    assert best["metric"] == {"name": "val/accuracy", "goal": "maximize", "value": 0.9}
    assert best["parameters"] == TRIALS[1].point
    assert best["overrides"] == list(TRIALS[1].overrides)
    assert shlex.split(best["command"]) == ["swatch", "train", *TRIALS[1].overrides]


def test_a_sweep_without_results_has_a_table_and_no_best(tmp_path: Path) -> None:
    write_results(SWEEP, TRIALS[3:4], tmp_path, report=False)
    assert [path.name for path in tmp_path.iterdir()] == ["trials.csv"]


def test_the_table_holds_every_trial_and_survives_commas() -> None:
    rows = list(csv.DictReader(io.StringIO(trials_csv(SWEEP, TRIALS))))
    assert [row["trial"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert rows[3]["reason"] == "ValueError: no, really" and rows[3]["objective"] == ""
    assert float(rows[1]["optimizer.learning_rate"]) == 0.002
    assert rows[1]["model.hidden_sizes"] == "[64,32]"
    assert rows[1]["best val/accuracy"] == "0.9" and "best step" not in rows[1]


def test_the_command_stays_on_one_line(tmp_path: Path) -> None:
    out = Console(file=io.StringIO(), width=60)
    write_results(SWEEP, TRIALS, tmp_path)
    show_results(SWEEP, TRIALS, tmp_path, out)
    assert isinstance(out.file, io.StringIO)
    lines = out.file.getvalue().splitlines()
    assert f"  {train_command(TRIALS[1])}" in lines
    assert any(line.endswith("report.html") for line in lines)


def test_time_left_counts_what_running_trials_have_behind_them() -> None:
    now = progress(TRIALS, 5, 1, START + timedelta(seconds=4))
    assert (now.over, now.finished, now.stopped, now.failed, now.running) == (4, 2, 1, 1, 1)
    # One trial of ten seconds is open, and four of them are behind it.
    assert now.left == pytest.approx(6.0)
    two = progress(TRIALS[:4], 8, 2)
    assert two.left == pytest.approx(4 * 10 / 2)
    assert progress(TRIALS, None, 1).left is None
    assert progress([], 5, 1).left is None


def test_the_status_line_says_what_there_is_to_say() -> None:
    line = status_line(progress(TRIALS, 5, 1, START + timedelta(seconds=4)), 75)
    assert line == (
        "4 of 5 done · 1 running · 1 stopped early · 1 failed · 1 min 15 s elapsed · about 6.0 s left"
    )


def test_the_live_table_has_the_best_on_top_then_the_running_ones() -> None:
    console = Console(file=io.StringIO(), width=150, height=40)
    console.print(LiveTable(SWEEP, console).render(TRIALS, agents=1, stopping=True))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    rows = [line for line in shown.splitlines() if line.startswith("│")]
    assert [row.split("│")[1].strip() for row in rows] == ["1", "0", "2", "4", "3"]
    assert "2/3" in rows[3] and "0.9000" in rows[0] and "64-32" in rows[0]
    assert "Ctrl-C again ends them at once" in shown


def test_the_live_table_fits_the_terminal() -> None:
    many = [trial(number, number / 100) for number in range(60)] + [trial(60, 0.1, TrialState.RUNNING)]
    console = Console(file=io.StringIO(), width=150, height=20)
    console.print(LiveTable(SWEEP, console).render(many, agents=1, stopping=False))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert len(lines) < 20
    rows = [line.split("│")[1].strip() for line in lines if line.startswith("│")]
    assert rows[0] == "59" and rows[-1] == "60"


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_fact_is_squeezed_for_a_parameter(width: int) -> None:
    point = {f"group.parameter_{index}": index / 7 for index in range(8)}
    wide = [trial(number, 0.5 + number / 10, point=point) for number in range(3)]
    console = Console(file=io.StringIO(), width=width, height=40)
    console.print(LiveTable(SWEEP, console).render(wide, agents=1, stopping=False))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    rows = [line for line in lines if line.startswith("│")]
    assert all(len(line) <= width for line in lines)
    assert all("finished" in row and "10 s" in row for row in rows)
    headers = {60: 0, 80: 2, 100: 3, 200: 8}
    shown = [name for line in lines[2:4] for name in line.split("┃") if "parameter" in name]
    assert len(shown) == headers[width]
    assert ("more parameters" in lines[3]) == (width in (80, 100))


def test_plain_lines_tell_of_each_trial_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    lines = PlainLines(SWEEP)
    monkeypatch.setattr(lines, "say", told.append)
    lines.update(TRIALS[:1], agents=1, stopping=False)
    assert told == [], "what an earlier start has done is no news"
    for _ in range(2):
        lines.update(TRIALS, agents=1, stopping=False)
    assert [line.split("  ")[:2] for line in told] == [
        ["2/5", "trial 1 finished"],
        ["3/5", "trial 2 stopped"],
        ["4/5", "trial 3 failed"],
    ]
    assert "val/accuracy 0.9000  best 0.9000" in told[0]
    assert "ValueError: no, really" in told[2]


def test_of_several_metrics_the_front_is_shown_and_kept(tmp_path: Path) -> None:
    text = (
        "method: random\nmetrics:\n"
        "- {name: val/accuracy, goal: maximize}\n- {name: seconds, goal: minimize}\n"
        "parameters:\n  optimizer.learning_rate: {min: 0.1, max: 0.2}\n"
    )
    values = [(0.8, 1.0), (0.9, 3.0), (0.7, 2.0)]
    trials = [
        trial(n, first, history=[{"epoch": 1, "val/accuracy": first, "seconds": second}])
        for n, (first, second) in enumerate(values)
    ]
    several = replace(SWEEP, yaml=text, method="random")
    rows = list(csv.DictReader(io.StringIO(trials_csv(several, trials))))
    assert [row["front"] for row in rows] == ["True", "True", "False"]
    assert [(row["counts val/accuracy"], row["counts seconds"]) for row in rows] == [
        ("0.8", "1.0"), ("0.9", "3.0"), ("0.7", "2.0"),
    ]  # fmt: skip
    assert "front" not in csv.DictReader(io.StringIO(trials_csv(SWEEP, trials))).__next__()
    out = Console(file=io.StringIO(), width=120)
    write_results(several, trials, tmp_path, report=False)
    assert yaml.safe_load((tmp_path / "best.yaml").read_text())["front"] == [0, 1]
    show_results(several, trials, tmp_path, out)
    assert isinstance(out.file, io.StringIO)
    shown = out.file.getvalue()
    assert f"Pareto front of sweep {several.id}, 2 of 3 trials" in shown and "seconds ↓" in shown
    assert "Best of sweep" not in shown
