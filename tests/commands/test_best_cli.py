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


def test_an_unknown_sweep_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    sweep(SWEEP, train, name="mine", count=1, tracking="disabled")
    capsys.readouterr()
    assert run(["best", "mime"]) == 2
    assert "Did you mean 'mine'?" in capsys.readouterr().err
