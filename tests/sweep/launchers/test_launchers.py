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
