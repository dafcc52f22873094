"""The wheel carries conf/ and sweeps/, so that an installed swatch works from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """Build the wheel as `pip install` from a release would."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(repository)],
        check=True,
        env={**os.environ, "HOME": str(folder)},
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's contents, put before the checkout on the module path by the tests."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), str(wheel)],
        check=True,
    )
    return folder


def test_wheel_carries_every_config_and_sweep(wheel: Path, repository: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("conf", "sweeps"):
        for path in (repository / folder).rglob("*.yaml"):
            assert f"swatch/{path.relative_to(repository)}" in names
    for path in (repository / "src" / "swatch").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert str(path.relative_to(repository / "src")) in names
    assert not [name for name in names if name.startswith(("tests/", "conf/", "sweeps/"))]


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "swatch", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_installed_train_composes_from_any_folder(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [sys.executable, "-c", "import swatch; print(swatch.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(installed))
    done = run(installed, tmp_path, "train", "--cfg", "job", "optimizer=sgd")
    assert done.returncode == 0, done.stderr
    assert "swatch.optim.sgd.SGD" in done.stdout


def test_installed_sweep_finds_the_shipped_yaml(
    installed: Path, tmp_path: Path, slice_overrides: list[str]
) -> None:
    done = run(
        installed, tmp_path, "sweep", "sweeps/quick.yaml", "--count", "2", "--agents", "1",
        "--name", "shipped", "epochs=1", *slice_overrides,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("runs/sweeps/shipped/report.html"))
