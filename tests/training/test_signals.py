"""`swatch train` is interrupted and killed from outside, and the same command goes on to the same bits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

EPOCHS = 60


class Command:
    def __init__(self, overrides: list[str]) -> None:
        self._arguments = [sys.executable, "-m", "swatch", "train", *overrides]

    def start(self, home: Path) -> subprocess.Popen[str]:
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([*self._arguments, f"paths.runs={home}"], **pipes)

    def finish(self, home: Path) -> str:
        with self.start(home) as process:
            _, said = process.communicate(timeout=60)
            assert process.returncode == 0, said
            return said

    def cut(self, home: Path, number: signal.Signals, epochs: int) -> tuple[int, str]:
        """Send a signal when so many epochs have been shown."""
        with self.start(home) as process:
            assert process.stderr is not None
            while epochs:
                line = process.stderr.readline()
                assert line, "the run ended before it could be cut"
                epochs -= line.startswith("epoch ")
            process.send_signal(number)
            _, said = process.communicate(timeout=60)
            return process.returncode, said


@pytest.fixture
def command(slice_overrides: list[str]) -> Command:
    return Command([*slice_overrides, "model.hidden_sizes=[32]", "model.dropout=0.1", f"epochs={EPOCHS}"])


def outcome(home: Path) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any]]:
    (directory,) = home.iterdir()
    history = [json.loads(line) for line in (directory / "history.jsonl").read_text().splitlines()]
    summary = json.loads((directory / "summary.json").read_text())
    timings = ("seconds", "samples_per_second", "timestamp")
    with np.load(directory / "model.npz") as model:
        weights = {name: model[name].tobytes() for name in model.files}
    return [{k: v for k, v in r.items() if k not in timings} for r in history], weights, summary


def test_interrupted_and_killed_runs_go_on(command: Command, tmp_path: Path) -> None:
    command.finish(tmp_path / "whole")
    cut = tmp_path / "cut"
    for number in (signal.SIGINT, signal.SIGTERM):
        code, said = command.cut(cut, number, 5)
        assert code == 130
        (line,) = [line for line in said.splitlines() if line.startswith("swatch: ")]
        (directory,) = cut.iterdir()
        assert line.startswith(f"swatch: interrupted: {number.name} at epoch ")
        assert f"the same command goes on from there (or training.resume={directory.name})" in line
        assert json.loads((directory / "summary.json").read_text())["status"] == "interrupted"
        assert "Traceback" not in said
    code, _ = command.cut(cut, signal.SIGKILL, 12)
    assert code == -signal.SIGKILL
    assert not (directory / "summary.json").exists()
    said = command.finish(cut)
    assert f"run {directory.name} goes on at epoch " in said
    whole_history, whole_weights, whole_summary = outcome(tmp_path / "whole")
    history, weights, summary = outcome(cut)
    assert len(history) == EPOCHS
    assert history == whole_history
    assert weights == whole_weights
    assert summary["confusion_matrix"] == whole_summary["confusion_matrix"]
    assert [path.name for path in cut.iterdir()] == [directory.name]


def test_a_file_size_limit_stops_with_one_line(command: Command, tmp_path: Path) -> None:
    """What a full disk does, through the operating system: no file may be larger than 64 KiB."""
    import resource

    arguments = [*command._arguments, f"paths.runs={tmp_path}/runs"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)),
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("swatch: cannot write ")
    assert "checkpoint.npz: the file would be larger" in done.stderr
