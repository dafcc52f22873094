"""`swatch sweep --sampler --pruner --prior --stop-gain`: what the command makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from swatch.cli import run

SWEEP = "method: random\nmetric: {name: loss}\nparameters: {x: {min: 0.0, max: 1.0}, y: {values: [1, 2]}}\n"
FUNCTION = "def train(parameters):\n    return parameters['x']\n"
COMMAND = ["sweep", "own.yaml", "--function", "mine.py:train", "--tracking", "disabled"]


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(SWEEP)
    (tmp_path / "mine.py").write_text(FUNCTION)
    (tmp_path / "points.csv").write_text("x,y,loss\n0.125,2,\n0.5,1,0.3\n")


def test_the_options_change_the_search(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--sampler", "tpe", "--pruner", "median:warmup=2", "--prior", "points.csv"]
    assert run([*COMMAND, "--dry-run", *options]) == 0
    shown = capsys.readouterr().out
    assert "tpe search to minimize loss" in shown
    first = next(line for line in shown.splitlines() if line.startswith("│ x ") and "0.125" in line)
    assert first.split("│")[2].strip() == "0.125", "the known point without a result comes first"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sampler", "tpa"], "--sampler 'tpa': there is none of this name. Did you mean 'tpe'?"),
        (["--pruner", "medium"], "there is no rule 'medium'. Did you mean 'median'?"),
        (["--prior", "pints.csv"], "--prior pints.csv: there is no file, run or sweep"),
        (["--stop-gain", "0.1"], "this sweep's search is random; add `--sampler gp`"),
    ],
)
def test_a_wrong_option_is_one_line_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert run([*COMMAND, *options]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {
        "own.yaml",
        "mine.py",
        "points.csv",
    }


@pytest.mark.parametrize("option", ["--sampler=tpe", "--pruner=none", "--prior=points.csv", "--stop-gain=1"])
def test_the_servers_search_takes_none_of_them(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "own.yaml", "--engine", "wandb", option]) == 2
    assert f"{option.partition('=')[0]} does not go with --engine wandb" in capsys.readouterr().err


def test_a_sweep_that_goes_on_keeps_its_search(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "--resume", "some", "--sampler", "tpe"]) == 2
    assert "--sampler does not go with --resume" in capsys.readouterr().err
