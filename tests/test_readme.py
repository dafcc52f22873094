"""What the README shows works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from swatch.cli import COMMANDS


@pytest.fixture
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text()


def block_after(text: str, marker: str) -> str:
    found = re.search(rf"<!-- {marker} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found, f"README.md has no block after <!-- {marker} -->"
    return found.group(1)


def test_the_ten_line_example_runs(readme: str, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(block_after(readme, "example").replace('"run_cap": 12', '"run_cap": 3'))
    done = subprocess.run(
        [sys.executable, script.name], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    accuracy = float(done.stdout.split()[-1])
    assert 0.1 < accuracy <= 1.0
    assert len(list(tmp_path.glob("runs/sweeps/*/report.html"))) == 1


def test_every_command_shown_exists(readme: str) -> None:
    shown = set(re.findall(r"^(?:\S*/)?swatch (\w+)", readme, re.MULTILINE))
    assert {"train", "sweep"} <= shown <= set(COMMANDS)


def test_files_named_exist(readme: str, repository: Path) -> None:
    linked = re.findall(r"\]\(([^)#]+)\)", readme)
    named = re.findall(r"\bsweeps/\w+\.yaml", readme)
    paths = [path for path in linked + named if "://" not in path]
    assert paths
    for path in paths:
        assert (repository / path).exists(), path


@pytest.mark.parametrize("marker", ["main command", "test command"])
def test_the_two_commands_install_with_tested_versions(readme: str, repository: Path, marker: str) -> None:
    command = block_after(readme, marker)
    assert len(command.splitlines()) == 1
    assert "python3 -m venv .venv" in command
    assert "-c constraints.txt" in command
    assert (repository / "constraints.txt").exists()
