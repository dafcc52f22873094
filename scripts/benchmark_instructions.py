"""Holds both sides of a comparison to the same instructions of the processor, and asks them what they use.

Every library chooses its kernels when it is loaded, by what the processor can do. The choices are variables
of the environment, so that the process starts itself again with them.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

ALL, AVX2 = "all", "avx2"
CHOICES = (ALL, AVX2)
CHOSEN = "SWATCH_BENCHMARK_INSTRUCTIONS"
ENVIRONMENT = {
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}
# What knows which of NumPy's loops run.
NUMPY_CORE = "numpy._core._multiarray_umath"
# How NumPy calls its loops for wider registers; X86_V4 is AVX-512 too.
WIDER = re.compile("AVX512|X86_V4")
# What torch's libraries print of themselves when they first compute something.
PROBE = """
import torch
torch.rand(64, 64) @ torch.rand(64, 64)
torch.nn.functional.conv2d(torch.rand(2, 16, 8, 8), torch.rand(16, 16, 3, 3))
print("capability:" + torch.backends.cpu.get_cpu_capability())
"""


def is_restricted() -> bool:
    """Return whether this process was started with fewer instructions."""
    return os.environ.get(CHOSEN, ALL) != ALL


def restart(script: Path, arguments: Sequence[str] | None) -> NoReturn:
    """Start again with AVX2 for NumPy, its matrix library, torch, and torch's libraries.

    Args:
        script: the program.
        arguments: its command line; None: that of this process.
    """
    numpy_core = importlib.import_module(NUMPY_CORE)
    features: dict[str, bool] = numpy_core.__cpu_features__
    wider = [name for name in numpy_core.__cpu_dispatch__ if WIDER.search(name) and features.get(name)]
    environment = os.environ | ENVIRONMENT | {CHOSEN: AVX2}
    environment.pop("OPENBLAS_L2_SIZE", None)
    if wider:
        environment["NPY_DISABLE_CPU_FEATURES"] = " ".join(wider)
    line = sys.argv[1:] if arguments is None else list(arguments)
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, str(script), *line], environment)


def describe(has_torch: bool) -> str:
    """Return which instructions each library says it uses.

    Raises:
        SystemExit: one of them uses wider registers than it was held to.
    """
    said = {"NumPy": _numpy_loops(), "its products": _numpy_products()} | (_torch() if has_torch else {})
    wider = [f"{name} {value}" for name, value in said.items() if re.search("AVX.?512|V4|SkylakeX", value)]
    if is_restricted() and wider:
        raise SystemExit(f"held to AVX2, but {' and '.join(wider)}: nothing was timed")
    return "; ".join(f"{name} {value}" for name, value in said.items())


def _numpy_loops() -> str:
    numpy_core = importlib.import_module(NUMPY_CORE)
    features: dict[str, bool] = numpy_core.__cpu_features__
    used = [*numpy_core.__cpu_baseline__, *numpy_core.__cpu_dispatch__]
    return str(next((name for name in reversed(used) if features.get(name)), "without vectors"))


def _numpy_products() -> str:
    from swatch.threads import matrix_kernels

    return matrix_kernels() or "unknown"


def _torch() -> dict[str, str]:
    """Return what torch, and its library for convolutions, print in a process of their own."""
    environment: dict[str, Any] = os.environ | {"ONEDNN_VERBOSE": "1"}
    command = [sys.executable, "-c", PROBE]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout
    found = {
        "torch": re.search("^capability:(.+)$", printed, re.MULTILINE),
        "its convolutions": re.search("cpu,isa:(.+)$", printed, re.MULTILINE),
    }
    return {name: match[1].strip() if match else "unknown" for name, match in found.items()}
