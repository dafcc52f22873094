"""What is checked of the config's group ``launcher`` before a sweep starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from process_cases import write_function_sweep
from slurm_programs import FakeSlurm, slurm

from swatch.cli import run
from swatch.errors import UserError
from swatch.sweep.launchers import check_launcher, is_of_launcher
from swatch.sweep.network.network import launcher

__all__ = ["slurm"]
SERVER = "postgresql://me@database/sweeps"


def settings(**changed: object) -> dict[str, Any]:
    return {**launcher(["launcher=slurm"]), **changed}


def test_overrides_of_the_launcher_are_told_from_those_of_the_training() -> None:
    assert is_of_launcher("launcher=slurm")
    assert is_of_launcher("+launcher.extra=[--qos=low]")
    assert not is_of_launcher("launchers=2")
    assert not is_of_launcher("epochs=3")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": "slrum"}, "launcher.kind must be one of local, slurm, not 'slrum'. Did you mean 'slurm'"),
        ({"cpus": 0}, "launcher.cpus must be a whole number of at least 1"),
        ({"memory": 4}, "launcher.memory must be"),
        ({"time": 0}, "launcher.time must be"),
        ({"extra": "--qos=low"}, "launcher.extra must be a list"),
        ({"extra": ["qos=low"]}, "launcher.extra holds options of sbatch"),
        ({"poll_seconds": 0}, "launcher.poll_seconds must be"),
        ({"partitoin": "short"}, "unknown key 'launcher.partitoin'. Did you mean 'partition'"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    slurm: FakeSlurm, changed: dict[str, object], said: str
) -> None:
    check_launcher(settings(), SERVER)
    with pytest.raises(UserError) as caught:
        check_launcher(settings(**changed), SERVER)
    assert said in str(caught.value)


@pytest.mark.parametrize("storage", [None, "sqlite:///shared.db"])
def test_a_sqlite_file_serves_one_host_only(slurm: FakeSlurm, storage: str | None) -> None:
    with pytest.raises(UserError, match="a SQLite file must not serve them"):
        check_launcher(settings(), storage)
    check_launcher(settings(one_host=True), storage)


def test_a_machine_without_slurm_is_told_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_function_sweep(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    before = set(tmp_path.iterdir())
    words = ["sweep", "sweep.yaml", "--function", "mine.py:train", "--launcher", "slurm"]
    assert run([*words, "--storage", SERVER]) == 2
    assert capsys.readouterr().err == (
        "swatch: --launcher slurm: there is no sbatch on this machine; start the sweep on a login node of "
        "the cluster.\n"
    )
    assert set(tmp_path.iterdir()) == before
