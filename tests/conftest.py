"""Fixtures that every test may use."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ("choices_plugin",)

# Before anything imports NumPy: tests run side by side, one BLAS thread each.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

# How long an example takes says more of what else the machine does.
settings.register_profile("swatch", deadline=None)
settings.load_profile("swatch")

REPOSITORY = Path(__file__).resolve().parent.parent
SLICE = REPOSITORY / "tests" / "data" / "fashion-mnist-slice"


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's root."""
    return REPOSITORY


@pytest.fixture(scope="session")
def slice_folder() -> Path:
    """2,000 training and 500 test images of the real Fashion-MNIST, as IDX files."""
    return SLICE


@pytest.fixture
def slice_overrides(slice_folder: Path) -> list[str]:
    """Hydra overrides that train on the slice without wandb."""
    return [f"data.folder={slice_folder}", "data.checksums=null", "tracking.mode=disabled"]


@pytest.fixture(autouse=True)
def _away_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's runs, cache, wandb settings or keys."""
    monkeypatch.setenv("SWATCH_HOME", str(tmp_path / "runs"))
    monkeypatch.setenv("SWATCH_DATA", str(tmp_path / "data-cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    monkeypatch.setenv("PYTHONWARNINGS", "")
    for name in [n for n in os.environ if n.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _consoles_are_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test prints in the width that another one, or the process that runs the tests, asked for."""
    for name in ("COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    if console := sys.modules.get("swatch.console"):
        console.console.cache_clear()


@pytest.fixture(autouse=True)
def _nothing_of_wandb_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test meets another's runs on their way, its service, or its grudge against a server that failed."""
    if background := sys.modules.get("swatch.tracking.background"):
        monkeypatch.setattr(background, "_breaker", background.Breaker())
    yield
    if background := sys.modules.get("swatch.tracking.background"):
        background.drain(5.0)
    if process := sys.modules.get("swatch.tracking.wandb_process"):
        process.end_service(0.0)
    if wandb := sys.modules.get("wandb"):
        wandb.teardown()
