"""The benchmark scripts: their tables, their JSON, their life without torch."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

STEP, OPTIMIZER, AUGMENTATION = "mlp-128-128-batch-32", "sgd-118k", "augment-flip"


def run(
    repository: Path, script: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(repository / "scripts" / script), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | environment, timeout=200
    )


@pytest.fixture
def no_torch(tmp_path: Path) -> str:
    """A folder for PYTHONPATH in which there is a torch that cannot be imported."""
    folder = tmp_path / "no torch"
    folder.mkdir()
    (folder / "torch.py").write_text("raise ImportError('not here')\n")
    return str(folder)


def test_without_torch_it_says_so_and_times_the_rest(repository: Path, tmp_path: Path, no_torch: str) -> None:
    file = tmp_path / "result.json"
    arguments = ["--case", AUGMENTATION, OPTIMIZER, STEP, "--repeats", "7", "--seconds", "0.002"]
    done = run(
        repository,
        "benchmark.py",
        *arguments,
        *("--json", str(file)),
        PYTHONPATH=no_torch,
        OPENBLAS_CORETYPE="Haswell",
    )
    assert done.returncode == 0, done.stderr
    assert "not installed" in done.stdout
    assert "OPENBLAS_CORETYPE=Haswell" in done.stdout
    result = json.loads(file.read_text())
    assert {"processor", "load", "numpy", "torch", "threads", "date"} <= set(result["machine"])
    assert result["machine"]["threads"] == "1"
    assert result["repeats"] == 7
    step, optimizer, augmentation = result["results"]
    assert [row["case"] for row in result["results"]] == [STEP, OPTIMIZER, AUGMENTATION]
    assert set(step["microseconds"]) == {"swatch", "GEMM only"}
    assert 0 < step["ratios"]["share of GEMM"] < 2
    assert set(optimizer["microseconds"]) == set(augmentation["microseconds"]) == {"swatch"}
    assert all(time > 0 for row in result["results"] for time in row["microseconds"].values())


@pytest.mark.skipif(platform.machine() != "x86_64", reason="other processors have other instructions")
def test_it_holds_both_sides_to_fewer_instructions(repository: Path, no_torch: str) -> None:
    arguments = ["--case", OPTIMIZER, "--repeats", "7", "--seconds", "0.002", "--instructions", "avx2"]
    done = run(repository, "benchmark.py", *arguments, PYTHONPATH=no_torch, OPENBLAS_L2_SIZE="262144")
    assert done.returncode == 0, done.stderr
    uses = next(line for line in done.stdout.splitlines() if line.startswith("uses"))
    assert "its products Haswell" in uses
    assert "V4" not in uses and "AVX512" not in uses
    assert "none but those of --instructions" in done.stdout
    assert OPTIMIZER in done.stdout


def test_every_kind_of_case_is_there(repository: Path, no_torch: str) -> None:
    done = run(repository, "benchmark.py", "--case", "none", PYTHONPATH=no_torch)
    names = done.stderr.partition("there are ")[2].strip().split(", ")
    choices = {path.stem for path in (repository / "conf" / "optimizer").glob("*.yaml")}
    assert {f"{choice}-{size}" for choice in choices for size in ("118k", "2.9M")} <= set(names)
    assert {f"augment-{path.stem}" for path in (repository / "conf" / "augmentation").glob("*.yaml")} <= set(
        names
    )
    assert {"cnn-batch-64", "resnet_small-batch-64", "alexnet-batch-16", "epoch-default"} <= set(names)
    assert {"start-import", "start-compose", "start-data"} <= set(names)


def test_bad_arguments(repository: Path, tmp_path: Path, no_torch: str) -> None:
    for arguments, message in (
        (("--case", "mpl"), "there is no case 'mpl'; there are mlp-128-128-batch-64"),
        (("--repeats", "3"), "--repeats must be at least 7, found 3"),
        (("--json", str(tmp_path / "missing" / "x.json")), "there is no folder"),
    ):
        done = run(repository, "benchmark.py", *arguments, PYTHONPATH=no_torch)
        assert done.returncode == 2
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def test_a_profile_adds_up_layers_and_functions(repository: Path) -> None:
    done = run(repository, "profile_step.py", "--hidden", "16", "--batch", "8", "--steps", "5")
    assert done.returncode == 0, done.stderr
    for name in ("linear1 forward", "linear2 backward", "loss", "Adam", "sqrt", "Python", "all"):
        assert f"\n{name} " in f"\n{done.stdout}", name


@pytest.mark.slow
def test_an_epoch_end_to_end(repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    done = run(
        repository,
        "benchmark.py",
        "--case",
        "epoch-default",
        "--repeats",
        "7",
        "--json",
        str(file),
        HOME=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(file.read_text())["results"]
    times = row["microseconds"]
    assert set(times) == {"training loop", "validation", "callbacks", "bare steps"}
    # What the loop adds to its steps is small; other processes disturb even CPU time a little.
    assert 0.95 < row["ratios"]["training loop / bare steps"] < 1.2
    assert times["callbacks"] < times["validation"] + times["training loop"]
