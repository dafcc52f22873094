"""What is checked of the config's group ``launcher`` before a sweep starts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from process_cases import command, write_function_sweep
from slurm_programs import FakeSlurm, slurm

from swatch.cli import run
from swatch.commands.sweep_control import agent_count
from swatch.errors import UserError
from swatch.sweep.launchers import check_launcher, is_of_launcher
from swatch.sweep.launchers.ray_options import memory_bytes
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
        (
            {"kind": "slrum"},
            "launcher.kind must be one of local, slurm, ray, not 'slrum'. Did you mean 'slurm'",
        ),
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


def ray_settings(**changed: object) -> dict[str, Any]:
    return {**launcher(["launcher=ray"]), **changed}


@pytest.fixture
def has_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking does not import Ray; it need not be installed here."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"cpus": 0}, "launcher.cpus must be a whole number of at least 1"),
        ({"memory": 4}, "launcher.memory must be a number with its unit, such as 4G, not 4"),
        ({"resources": {"fast": -1}}, "launcher.resources.fast must be a number of at least 0, not -1"),
        ({"resources": ["fast"]}, "launcher.resources must map names to amounts, such as {fast_disk: 1}"),
        ({"adress": "auto"}, "unknown key 'launcher.adress'. Did you mean 'address'"),
        ({"partition": "short"}, "unknown key 'launcher.partition'"),
    ],
)
def test_a_value_that_does_not_fit_rays_launcher_is_refused(
    has_ray: None, changed: dict[str, object], said: str
) -> None:
    check_launcher(ray_settings(), SERVER)
    with pytest.raises(UserError) as caught:
        check_launcher(ray_settings(**changed), SERVER)
    assert said in str(caught.value)


def test_a_sqlite_file_serves_rays_agents_on_one_host_only(has_ray: None) -> None:
    with pytest.raises(UserError, match=r"--launcher ray starts .* several hosts.*launcher\.address=local"):
        check_launcher(ray_settings(), None)
    check_launcher(ray_settings(one_host=True), None)
    check_launcher(ray_settings(address="local"), None)


def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs the package ray: pip install 'swatch\[ray\]'"):
        check_launcher(ray_settings(), SERVER)


@pytest.mark.parametrize(
    ("text", "expected"), [("512K", 512 * 1024), ("4G", 4 * 1024**3), ("1tb", 1024**4), (None, None)]
)
def test_memory_is_told_to_ray_in_bytes(text: str | None, expected: int | None) -> None:
    assert memory_bytes({"memory": text}) == expected


def test_the_cores_of_a_local_agent_are_its_threads(tmp_path: Path) -> None:
    write_function_sweep(tmp_path)
    (tmp_path / "mine.py").write_text(
        "import os\ndef train(parameters):\n    return float(os.environ['OMP_NUM_THREADS'])\n"
    )
    for given, threads in ((["launcher.cpus=3"], "3.0000"), ([], "1.0000")):
        done = subprocess.run(
            command(*given, "--name", f"s{threads[0]}", count=1, agents=1),
            cwd=tmp_path,
            env={**os.environ, "OMP_NUM_THREADS": "2"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert threads in done.stdout, done.stderr


def test_agents_are_as_many_as_there_are_cores_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    assert [agent_count(None, None, cpus) for cpus in (1, 3, 8, 16)] == [8, 2, 1, 1]
    assert (agent_count(None, 1, 3), agent_count(5, None, 3)) == (1, 5)


@pytest.mark.parametrize("cpus", [0, 1.5, "many", None])
def test_cores_are_a_whole_number(cpus: object) -> None:
    with pytest.raises(UserError, match=r"launcher\.cpus must be"):
        check_launcher({"kind": "local", "cpus": cpus}, None)
