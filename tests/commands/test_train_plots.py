"""`swatch train --find-learning-rate` and `--plot-schedule`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from swatch.cli import main


def swatch(*arguments: str) -> int:
    with pytest.raises(SystemExit) as leaving:
        main(["train", *arguments])
    code = leaving.value.code
    return code if isinstance(code, int) else 0


def test_the_finder_draws_and_suggests(
    slice_overrides: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "rates.html"
    assert swatch("--find-learning-rate", "--output", str(page), *slice_overrides) == 0
    shown = capsys.readouterr().out
    found = re.search(r"suggestion\s+optimizer\.learning_rate=(\S+)", shown)
    assert found is not None
    assert 1e-5 < float(found[1]) < 0.1
    assert "learning rate" in shown
    assert "Learning rates" in page.read_text()
    assert not (tmp_path / "runs").exists(), "nothing was trained"


def test_the_schedule_is_drawn(
    slice_overrides: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "schedule.html"
    assert swatch("--plot-schedule", "scheduler=step", "--output", str(page), *slice_overrides) == 0
    shown = capsys.readouterr().out
    assert "0.001 ┤" in shown
    assert "1e-05 ┤" in shown
    assert "beta1 is 0.9 in all" in shown
    assert "learning_rate" in page.read_text()


def test_what_does_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert swatch("--find-learning-rate", "--plot-schedule") == 2
    assert "exclude each other" in capsys.readouterr().err
    assert swatch("--output", "x.html") == 2
    assert "--output goes with" in capsys.readouterr().err
