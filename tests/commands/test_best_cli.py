"""``swatch best``: what there is to say before, during and after a sweep."""

from __future__ import annotations

from typing import Any

import pytest

from swatch.cli import run
from swatch.errors import RunFailed
from swatch.sweep import run as sweep

SWEEP = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [3, 1, 2]}},
}


def train(parameters: dict[str, Any]) -> float:
    return float(parameters["x"])


def test_the_best_trials_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    sweep(SWEEP, train, name="mine", tracking="disabled")
    capsys.readouterr()
    assert run(["best", "mine", "--top", "2"]) == 0
    shown = capsys.readouterr().out
    assert "the best 2 of 3" in shown
    assert shown.index("1.0000") < shown.index("2.0000") and "3.0000" not in shown


def test_a_sweep_without_results_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(parameters: dict[str, Any]) -> float:
        raise ValueError("no")

    with pytest.raises(RunFailed):
        sweep(SWEEP, broken, name="mine", tracking="disabled")
    assert run(["best", "mine"]) == 1
    assert "no trial of sweep mine has a result yet" in capsys.readouterr().err


def test_several_metrics_show_the_front(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = [{"name": "loss", "goal": "minimize"}, {"name": "size", "goal": "minimize"}]
    config = {"method": "grid", "metrics": metrics, "parameters": {"x": {"values": [1, 2, 3, 4]}}}
    values = {1: (1.0, 9.0), 2: (2.0, 3.0), 3: (3.0, 4.0), 4: (4.0, 1.0)}
    sweep(
        config,
        lambda p: dict(zip(("loss", "size"), values[p["x"]], strict=True)),
        name="two",
        tracking="disabled",
    )
    capsys.readouterr()
    assert run(["best", "two"]) == 0
    shown = capsys.readouterr().out
    assert (
        "Pareto front of sweep two, 3 of 4 trials" in shown and "No other trial is at least as good" in shown
    )
    cells = [
        [cell.strip() for cell in line.split("│")] for line in shown.splitlines() if line.startswith("│")
    ]
    assert [(row[2], row[3], row[-2]) for row in cells] == [
        ("1.0000", "9.0000", "1"),
        ("2.0000", "3.0000", "2"),
        ("4.0000", "1.0000", "4"),
    ]
    assert run(["best", "two", "--trial", "2"]) == 0
    assert "Sweep two: trial 2" in capsys.readouterr().out
    assert run(["best", "two", "--by", "mean"]) == 2
    assert "several metrics and no single best trial; choose one of the Pareto front (0, 1, 3)" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "words", [["--export", "conf/experiment/a.yaml"], ["--retrain"], ["--retrain-top", "2"]]
)
def test_a_functions_sweep_has_no_config(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    sweep(SWEEP, train, name="mine", tracking="disabled")
    capsys.readouterr()
    assert run(["best", "mine", *words]) == 2
    shown = capsys.readouterr().err.strip()
    assert words[0] in shown and "function" in shown and "\n" not in shown


def test_an_unknown_sweep_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    sweep(SWEEP, train, name="mine", count=1, tracking="disabled")
    capsys.readouterr()
    assert run(["best", "mime"]) == 2
    assert "Did you mean 'mine'?" in capsys.readouterr().err
