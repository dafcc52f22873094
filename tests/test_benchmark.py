"""The benchmark script: its table, its JSON, its life without torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

CASE = "sgd-118k"


def run(repository: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(repository / "scripts" / "benchmark.py"), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | environment, timeout=120
    )


def test_without_torch_it_says_so_and_times_the_rest(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('not here')\n")
    file = tmp_path / "result.json"
    arguments = (
        "--case",
        CASE,
        "mlp-128-128-batch-32",
        "--repeats",
        "7",
        "--seconds",
        "0.002",
        "--json",
        str(file),
    )
    done = run(repository, *arguments, PYTHONPATH=str(tmp_path), OPENBLAS_CORETYPE="Haswell")
    assert done.returncode == 0, done.stderr
    assert "not installed" in done.stdout
    assert "OPENBLAS_CORETYPE=Haswell" in done.stdout
    result = json.loads(file.read_text())
    assert {"processor", "load", "numpy", "torch", "date"} <= set(result["machine"])
    assert result["repeats"] == 7
    first, second = result["results"]
    assert (first["case"], second["case"]) == ("mlp-128-128-batch-32", CASE)
    assert set(first["microseconds"]) == {"swatch", "GEMM only"}
    assert 0 < first["ratios"]["share of GEMM"] < 2
    assert set(second["microseconds"]) == {"swatch"}
    assert all(time > 0 for row in result["results"] for time in row["microseconds"].values())


def test_bad_arguments(repository: Path, tmp_path: Path) -> None:
    for arguments, message in (
        (("--case", "mpl"), "there is no case 'mpl'; there are mlp-128-128-batch-64"),
        (("--repeats", "3"), "--repeats must be at least 7, found 3"),
        (("--json", str(tmp_path / "missing" / "x.json")), "there is no folder"),
    ):
        done = run(repository, *arguments)
        assert done.returncode == 2
        assert message in done.stderr
        assert "Traceback" not in done.stderr
