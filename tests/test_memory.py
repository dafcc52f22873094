"""How much memory a training and a sweep's agent take at their peaks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

# The whole data set, mapped into memory, adds 47 MB to what the slice of these tests takes.
DATA_MEGABYTES = 47
TRAINING_MEGABYTES = 450 - DATA_MEGABYTES
AGENT_MEGABYTES = 350

# A process's ru_maxrss goes back beyond its start: it holds that of the process which started it. The
# high-water mark of its memory does not.
PROGRAM = """
import re, resource, sys
from swatch.cli import run
code = run(sys.argv[2:])
if sys.argv[1] == "own":
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
else:
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("peak", peak // 1024)
sys.exit(code)
"""


def peak_megabytes(whose: str, *arguments: str) -> int:
    """Run a command of ours; return the most memory that its process had, or one of those it has started."""
    command = [sys.executable, "-c", PROGRAM, whose, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200, env=os.environ)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


def test_a_convolutional_training(slice_overrides: list[str]) -> None:
    overrides = [*slice_overrides[:2], "tracking.mode=offline", "model=cnn", "epochs=2"]
    assert peak_megabytes("own", "train", *overrides) < TRAINING_MEGABYTES


def test_an_agent_that_sweeps_multilayer_perceptrons(
    slice_overrides: list[str], tmp_path: Path, repository: Path
) -> None:
    arguments = ["--count", "3", "--agents", "1", "--tracking", "offline", *slice_overrides[:2], "epochs=2"]
    sweep = str(repository / "sweeps" / "quick.yaml")
    assert peak_megabytes("children", "sweep", sweep, *arguments) < AGENT_MEGABYTES
