"""scripts/notebook.py runs from top to bottom and comes to a conclusion."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).resolve().parent.parent / "scripts" / "notebook.py"


def test_it_has_a_cell_for_every_step() -> None:
    cells = re.findall(r"^# %% (\w+)", NOTEBOOK.read_text(), re.MULTILINE)
    assert cells == ["Explore", "Train", "Tune", "Evaluate", "Conclude"]


@pytest.mark.slow
def test_it_runs_from_top_to_bottom(tmp_path: Path, slice_overrides: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(NOTEBOOK), *slice_overrides[:2], "data.limit=600"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
    conclusions = ("most often confused:", "tuning changed")
    for said in ("best of 6:", "test accuracy 0.", "was read 1 time", *conclusions):
        assert said in done.stdout
