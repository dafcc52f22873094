"""A sweep YAML of somebody's own program: it must not train the network in that program's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from swatch.errors import UserError
from swatch.sweep.config import SweepConfig
from swatch.sweep.network.network import check
from swatch.sweep.network.program import check_program

# Its metric and its keys are the network's, too.
PLAUSIBLE = "metric: {name: val/accuracy, goal: maximize}\nparameters: {batch_size: {values: [32, 64]}}\n"


def config(head: str) -> SweepConfig:
    return SweepConfig.from_yaml(f"method: random\n{head}\n{PLAUSIBLE}", "s.yaml")


@pytest.fixture(autouse=True)
def _project(tmp_path: Path) -> None:
    """The working directory has programs of ours and of somebody else."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "start.py").write_text("from swatch.cli import main\nmain(['train'])\n")
    (tmp_path / "run.sh").write_text('exec swatch train "$@"\n')
    for name in ("sk.py", "train.py", "run.R"):
        (tmp_path / name).write_text("import wandb\nfrom swatch import Classifier\n")


@pytest.mark.parametrize(
    "head",
    [
        "",
        "program: scripts/train.py",  # of a checkout that is somewhere else
        "program: elsewhere.py",
        "program: scripts/start.py",
        "command: [bash, run.sh, '${args_no_hyphens}']",
        "program: scripts/train.py\ncommand: ['${env}', '${interpreter}', '${program}', epochs=3, '${args}']",
        "command: [/opt/venv/bin/swatch, train, '${args_no_hyphens}']",
        "command: ['${interpreter}', -m, swatch, train, '${args_no_hyphens}']",
        "program: sk.py\ncommand: [swatch, train, '${args_no_hyphens}']",
        "command: ['${env}', '${interpreter}', '${program}', '${args}']",
    ],
)
def test_these_programs_are_ours(head: str) -> None:
    check_program(config(head))


@pytest.mark.parametrize(
    ("head", "place", "file"),
    [
        ("program: sk.py", "s.yaml:2: program: 'sk.py'", "sk.py"),
        ("program: train.py", "s.yaml:2: program: 'train.py'", "train.py"),
        ("program: run.R", "s.yaml:2: program: 'run.R'", "my.py"),
        ("command: [python, sk.py, '${args}']", "s.yaml:2: command: 'python sk.py'", "sk.py"),
        ("program: sk.py\ncommand: [nice, '${program}', '${args}']", "s.yaml:2: program: 'sk.py'", "sk.py"),
    ],
)
def test_somebodys_own_program_is_refused_with_the_way_to_sweep_it(head: str, place: str, file: str) -> None:
    with pytest.raises(UserError) as error:
        check(config(head), (), "disabled")
    assert str(error.value).startswith(f"{place} is a program of your own.")
    assert f"`--function {file}:train`" in str(error.value)


def test_a_program_of_ones_own_under_the_name_of_ours(tmp_path: Path) -> None:
    (tmp_path / "scripts" / "train.py").write_text("import wandb\n")
    with pytest.raises(UserError, match="is a program of your own"):
        check_program(config("program: scripts/train.py"))
