"""Runs of somebody's own function, as the commands for runs show them: there is no network in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swatch.cli import run
from swatch.sweep import run as sweep
from swatch.sweep.agent.trial import Trial

SWEEP = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [3, 1, 2]}, "net": {"parameters": {"depth": {"value": 2}}}},
}


def train(parameters: dict[str, Any], trial: Trial) -> None:
    for epoch in (1, 2, 3):
        trial.report({"loss": parameters["x"] + 1 / epoch, "error rate": 0.5, "seconds": 60.0})


@pytest.fixture
def best() -> str:
    return sweep(SWEEP, train, name="mine", tracking="disabled").best.run_id


def test_they_stand_side_by_side_by_their_own_metrics(best: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["compare", "mine", "--top", "3"]) == 0
    shown = capsys.readouterr().out
    lines = [line.strip() for line in shown.splitlines() if "  " in line.strip()]
    rows = {line.split("  ")[0]: line.split("  ", 1)[1].split() for line in lines}
    assert rows["loss"] == ["1.3333", "2.3333", "3.3333"], "the lowest first"
    assert "error rate" in rows and "loss, curve" in rows
    assert "parameters" not in rows and "val/accuracy" not in shown
    assert "3 min" not in shown, "the function's own seconds are no time of the run's"


def test_the_page_of_a_comparison_says_nothing_of_networks(best: str, tmp_path: Path) -> None:
    assert run(["compare", "mine", "--top", "3", "--output", "page.html"]) == 0
    html = (tmp_path / "page.html").read_text()
    assert "x1 is the best of 3 runs" in html and "loss 1.3333" in html
    assert '<section id="matrices" hidden>' in html and ">Parameters<" not in html


def test_a_runs_page_says_nothing_of_networks(best: str, tmp_path: Path) -> None:
    assert run(["report", best, "--output", "page.html"]) == 0
    html = (tmp_path / "page.html").read_text()
    assert "<h1>Loss 1.3333 in epoch 3 of 3</h1>" in html and "minimize" in html
    for wrong in ("swatch train", "swatch evaluate", "weights are kept", ">Parameters<", ">Default<"):
        assert wrong not in html.partition('id="plotly-source"')[0]


def test_a_run_that_goes_on_is_judged_by_its_sweeps_metric(best: str, tmp_path: Path) -> None:
    (tmp_path / "runs" / best / "summary.json").unlink()
    assert run(["report", best, "--output", "page.html"]) == 0
    html = (tmp_path / "page.html").read_text()
    assert "<h1>Loss 1.3333 in epoch 3 of 3</h1>" in html and "swatch sweep --resume mine" in html
