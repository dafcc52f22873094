"""``swatch report``: from a sweep's ledger to a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swatch.cli import run
from swatch.sweep import run as sweep

SWEEP = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [3, 1, 2]}},
}


def train(parameters: dict[str, Any]) -> float:
    return float(parameters["x"])


@pytest.fixture
def finished() -> None:
    sweep(SWEEP, train, name="mine", tracking="disabled")


@pytest.mark.usefixtures("finished")
def test_the_page_lies_in_the_sweeps_folder_unless_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "runs" / "sweeps" / "mine" / "report.html"
    page.unlink(missing_ok=True)
    capsys.readouterr()
    assert run(["report", "mine"]) == 0
    assert str(page) in capsys.readouterr().out
    assert "Trial 1 has the lowest loss of 3 trials: 1.0000." in page.read_text()

    other = tmp_path / "new" / "folder" / "page.html"
    assert run(["report", "mine", "--output", str(other), "--home", str(tmp_path / "runs")]) == 0
    assert other.read_text() == page.read_text()


@pytest.mark.usefixtures("finished")
def test_an_unknown_sweep_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["report", "mien"]) == 2
    assert "Did you mean 'mine'?" in capsys.readouterr().err


@pytest.mark.usefixtures("finished")
def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    capsys.readouterr()
    assert run(["report", "mine", "--output", str(tmp_path / "file" / "page.html")]) == 2
    error = capsys.readouterr().err
    assert "cannot write" in error and "Traceback" not in error
