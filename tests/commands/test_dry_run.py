"""`swatch sweep --dry-run`: the space, the next configurations, the time; nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from swatch.cli import run

SWEEP = """
method: grid
metric: {name: val/accuracy, goal: maximize}
parameters:
  epochs: {value: 3}
  optimizer: {values: [adam, momentum]}
  optimizer.momentum: {values: [0.8, 0.9]}
  optimizer.learning_rate: {values: [0.001, 0.01, 0.1, 0.3]}
"""
FUNCTION = "def train(parameters):\n    return parameters['x']\n"
OF_FUNCTION = """
method: random
metric: {name: loss}
parameters: {x: {min: 0.0, max: 1.0}, size: {values: [1, 2]}}
"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(SWEEP)
    (tmp_path / "mine.py").write_text(FUNCTION)
    (tmp_path / "own.yaml").write_text(OF_FUNCTION)


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def row(text: str, key: str) -> list[str]:
    """Return the cells of the first table row of ``key`` that is in ``text``."""
    line = next(line for line in text.splitlines() if line.startswith(f"│ {key} "))
    return [cell.strip() for cell in line.strip("│").split("│")][1:]


def test_the_space_the_first_ten_and_the_time(
    tmp_path: Path, slice_overrides: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(tmp_path)
    assert run(["sweep", "tiny.yaml", "--dry-run", "--agents", "3", *slice_overrides]) == 0
    shown = capsys.readouterr().out
    assert files(tmp_path) == before
    assert row(shown, "optimizer.momentum") == ["0.8, 0.9", "2", "optimizer=momentum"]
    assert row(shown, "epochs") == ["always 3", "–", ""]
    assert "Grid size: 12 configurations." in shown
    space, _, configurations = shown.partition("The first 10 configurations")
    assert "beta1" not in space
    assert row(configurations, "optimizer")[:5] == ["adam"] * 4 + ["momentum"]
    assert row(configurations, "optimizer.learning_rate")[:4] == ["0.001", "0.01", "0.1", "0.3"]
    assert row(configurations, "optimizer.beta1")[:5] == ["0.9"] * 4 + ["–"], "Hydra has composed them"
    assert "batch_size" not in configurations, "only differences are shown"
    assert "grid search to maximize val/accuracy, 12 trials, 3 agents." in configurations
    assert "Time: about " in configurations and "a few training steps of" in configurations
    assert shown.endswith("Nothing was started.\n")


def test_one_configuration_is_no_they(slice_overrides: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "tiny.yaml", "--dry-run", "--count", "1", *slice_overrides]) == 0
    assert "The first configuration as Hydra composes it:" in capsys.readouterr().out


def test_without_the_data_nothing_is_fetched_and_the_time_is_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(tmp_path)
    elsewhere = f"data.cache={tmp_path}/none"
    assert run(["sweep", "tiny.yaml", "--dry-run", elsewhere]) == 0
    assert "Time: unknown" in capsys.readouterr().out
    assert files(tmp_path) == before


def test_every_key_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tiny.yaml").write_text(SWEEP.replace("optimizer.momentum", "optimizer.momentun"))
    assert run(["sweep", "tiny.yaml", "--dry-run"]) == 2
    shown = capsys.readouterr()
    assert "tiny.yaml:7: parameters.optimizer.momentun" in shown.err
    assert shown.out == ""


def test_a_functions_sweep_tells_from_its_trials(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["sweep", "own.yaml", "--function", "mine.py:train", "--name", "s", "--tracking", "disabled"]
    assert run([*arguments, "--count", "3", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "Grid size: without end, because of x." in shown and "Time: unknown" in shown
    ahead = row(shown.partition("The first 3 configurations")[2], "x")
    assert not (tmp_path / "runs").exists()

    assert run([*arguments, "--count", "3", "--agents", "1"]) == 0
    assert [f"{value:.3g}" for value in _tried(tmp_path)] == ahead
    (tmp_path / "own.yaml").write_text(OF_FUNCTION.replace("max: 1.0", "max: 2.0"))
    before = files(tmp_path / "runs")
    capsys.readouterr()
    assert run([*arguments, "--count", "5", "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert files(tmp_path / "runs") <= before | {
        tmp_path / "runs/sweeps/s" / name for name in ("study.db-wal", "study.db-shm")
    }
    assert "sweep s would be edited:\n  trials: 3 -> 5\n  x: 0 to 1, uniform -> 0 to 2, uniform\n" in err
    assert "The next 2 configurations" in out
    assert "reckoned from 3 trials of this sweep so far." in out


def _tried(folder: Path) -> list[float]:
    from swatch.sweep.ledger import Ledger, sqlite_url

    trials = Ledger(sqlite_url(folder / "runs/sweeps/s/study.db")).trials("s")
    return [trial.point["x"] for trial in trials]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--resume", "s", "--dry-run"], "--dry-run does not go with --resume: it looks at a YAML"),
        (["--resume", "s", "--repeats", "3"], "--repeats does not go with --resume: the sweep keeps"),
        (["--resume", "s", "--seed", "0"], "--seed does not go with --resume: the sweep keeps"),
        (["--pause", "s", "--count", "3"], "--count does not go with --pause."),
        (["--status", "s", "--agents", "3"], "--agents does not go with --status."),
        (["--status", "--stop", "s"], "--stop does not go with --status."),
        (["--resume", "s", "--cancel", "s"], "--resume does not go with --cancel."),
        (["tiny.yaml", "--dry-run", "--engine", "wandb"], "--dry-run does not go with --engine wandb"),
    ],
)
def test_what_does_not_go_together(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sweep", *arguments]) == 2
    assert message in capsys.readouterr().err
