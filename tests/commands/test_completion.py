"""Completion: what is offered, and that real shells get it."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from swatch.cli import COMMANDS
from swatch.commands.completion import SHELLS, command, complete


@pytest.mark.parametrize(
    ("line", "offered", "not_offered"),
    [
        ("swatch ", {*COMMANDS, "--help"}, set()),
        ("swatch tr", {"train"}, {"sweep"}),
        ("swatch completion ", set(SHELLS), set()),
        ("swatch completion z", {"zsh"}, {"bash"}),
        ("swatch train --", {"--multirun", "--cfg", "--tracking", "--help"}, {"--from-agent"}),
        ("swatch train --cfg ", {"job", "hydra", "all"}, {"optimizer="}),
        ("swatch train --tracking ", set(), {"optimizer="}),
        ("swatch train ", {"optimizer=", "epochs=", "training."}, {"hydra.", "project/"}),
        ("swatch train opt", {"optimizer=", "optimizer."}, {"epochs="}),
        ("swatch train optimizer=", {"optimizer=adam", "optimizer=sgd"}, set()),
        ("swatch train optimizer=s", {"optimizer=sgd"}, {"optimizer=adam"}),
        ("swatch train optimizer.l", {"optimizer.learning_rate="}, set()),
        ("swatch train optimizer.", {"optimizer.learning_rate="}, {"optimizer._target_="}),
        ("swatch train model.h", {"model.hidden_sizes="}, {"model.hidden_sizes."}),
        ("swatch train optimizer=nothing run.t", set(), set()),
        ("swatch train optimizer=momentum optimizer.m", {"optimizer.momentum="}, set()),
        ("swatch train optimizer=adam optimizer.mom", set(), {"optimizer.momentum="}),
        ("swatch train -m epochs=3 training.early_stopping.p", {"training.early_stopping.patience="}, set()),
        ("swatch train tracking.mode=", {"tracking.mode=auto", "tracking.mode=offline"}, set()),
        ("swatch train tracking.mode=of", {"tracking.mode=offline"}, {"tracking.mode=auto"}),
        ("swatch train training.checkpoint=t", {"training.checkpoint=true"}, {"training.checkpoint=false"}),
        ("swatch train 'run.name=a(b' optimizer=ad", {"optimizer=adam"}, set()),
        ("swatch train hydra.", {"hydra.verbose="}, set()),
        ("swatch sweep ", set(), {"optimizer="}),
        ("swatch sweep sweeps/quick.yaml opt", {"optimizer=", "optimizer."}, set()),
        ("swatch gradcheck model=", {"model=mlp"}, set()),
        ("swatch data ", {"fetch"}, set()),
        ("swatch nothing ", set(), {"train"}),
        ("swatch", set(), set()),
    ],
)  # fmt: skip
def test_what_is_offered(line: str, offered: set[str], not_offered: set[str]) -> None:
    found = complete(line)
    assert offered <= set(found)
    assert not not_offered & set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("shell", SHELLS)
def test_prints_a_script(shell: str) -> None:
    done = CliRunner().invoke(command, [shell])
    assert done.exit_code == 0
    assert done.output == SHELLS[shell]


def test_needs_a_shell() -> None:
    done = CliRunner().invoke(command, [])
    assert done.exit_code == 2
    assert "bash, zsh, fish" in done.output


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the PATH with a `swatch` command, and a YAML file to complete."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "swatch"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m swatch "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


BASH = r"""
eval "$(swatch completion bash)"
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
# What readline does: words end at spaces, and each of the break characters is a word of its own.
COMP_WORDS=($(sed 's/=/ = /g' <<<"$COMP_LINE"))
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
$(complete -p swatch | sed 's/.*-F \([^ ]*\).*/\1/')
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("swatch compl", ["completion"]),
        ("swatch train optimizer=sg", ["sgd"]),
        ("swatch train epochs=3 optimizer.learn", ["optimizer.learning_rate="]),
        ("swatch train tracking.mode=dis", ["disabled"]),
    ],
)
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_real_bash(path: Path, line: str, expected: list[str]) -> None:
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH, "bash", line], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == expected
    assert done.stderr.replace("compopt", "") == done.stderr


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_registers_the_function(path: Path) -> None:
    program = 'eval "$(swatch completion bash)"; complete -p swatch; compgen -A function _swatch'
    done = subprocess.run(["bash", "--norc", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "complete -o default -F _swatch_completion swatch",
        "_swatch_completion",
    ]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_accept_the_script(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(SHELLS[shell])
    subprocess.run([shell, "-n", str(script)], check=True)


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_real_fish(path: Path) -> None:
    program = 'swatch completion fish | source; complete -C "swatch train optimizer=sg"'
    done = subprocess.run(["fish", "-N", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["optimizer=sgd"]
