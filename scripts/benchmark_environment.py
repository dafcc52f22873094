"""What has to be so before NumPy is imported, and what the numbers depend on."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Any

from benchmark_instructions import describe, is_restricted

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def prepare_environment(keep_pins: bool) -> str:
    """Ask for one thread, before anything imports NumPy; return what became of pinned kernels.

    An environment may bind OpenBLAS to another processor's kernels. That slows down NumPy and not torch, so
    it is set aside unless ``keep_pins``.
    """
    os.environ.update(dict.fromkeys(THREADS, "1"))
    found = {name: os.environ[name] for name in PINS if name in os.environ}
    if not keep_pins:
        for name in found:
            del os.environ[name]
    if is_restricted():
        return "none but those of --instructions"
    used = "kept" if keep_pins else "set aside, as they bind NumPy and not torch; --keep-pins keeps them"
    return " ".join(f"{name}={value}" for name, value in found.items()) + f" ({used})" if found else "none"


def header(pins: str, torch_version: str | None) -> dict[str, Any]:
    """Return what the numbers depend on: processor, libraries, threads, load."""
    import numpy as np
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    kernels = [
        f"{pool['internal_api']} {pool['version']} for {pool.get('architecture', 'any processor')}"
        for pool in pools
    ]
    threads = sorted({pool["num_threads"] for pool in pools})
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "load": ", ".join(f"{load:.2f}" for load in os.getloadavg()) + " (1, 5 and 15 minutes)",
        "python": platform.python_version(),
        "numpy": f"{np.__version__} with {' and '.join(kernels) or 'an unknown BLAS'}",
        "torch": torch_version or "not installed: no columns of torch",
        "uses": describe(has_torch=torch_version is not None),
        "threads": ", ".join(map(str, threads)) or "unknown",
        "pins": pins,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
