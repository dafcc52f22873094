#!/usr/bin/env python3
"""Training steps and optimizers, timed against PyTorch (if it is installed) on one thread.

A case makes contestants: functions that take one step. They are timed in turn, a few milliseconds each, and
again, so that a busy or throttled machine slows all of them alike; a number is the median of the repeats. CPU
time is measured, which other processes hardly disturb.

    python scripts/benchmark.py [--case NAME ...] [--json FILE] [--repeats N] [--seconds S] [--keep-pins]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

if importlib.util.find_spec("swatch") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
if importlib.util.find_spec("benchmark_cases") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parent))

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
FEWEST_REPEATS = 7

OURS, EAGER, FUSED, GEMM = COLUMNS = ("swatch", "torch", "torch fused", "GEMM only")

Step = Callable[[], object]


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
    used = "kept" if keep_pins else "set aside, as they bind NumPy and not torch; --keep-pins keeps them"
    return " ".join(f"{name}={value}" for name, value in found.items()) + f" ({used})" if found else "none"


def measure(steps: dict[str, Step], repeats: int, seconds: float) -> dict[str, float]:
    """Return the median CPU time of each step in µs; the contestants take turns.

    Each of them runs for about ``seconds`` in every repeat.
    """
    counts = {column: _calibrate(step, seconds) for column, step in steps.items()}
    times: dict[str, list[float]] = {column: [] for column in steps}
    for _ in range(repeats):
        for column, step in steps.items():
            times[column].append(_time(step, counts[column]))
    return {column: statistics.median(found) * 1e6 for column, found in times.items()}


def _calibrate(step: Step, seconds: float) -> int:
    """Warm up, and return how many steps take about so many seconds."""
    for _ in range(3):
        step()
    return max(1, round(seconds / _time(step, 3)))


def _time(step: Step, count: int) -> float:
    begin = time.process_time()
    for _ in range(count):
        step()
    return max((time.process_time() - begin) / count, 1e-9)


def header(pins: str) -> dict[str, Any]:
    """Return what the numbers depend on: processor, libraries, load."""
    import numpy as np
    from threadpoolctl import threadpool_info

    from benchmark_cases import TORCH_VERSION

    kernels = [
        f"{pool['internal_api']} {pool['version']} for {pool.get('architecture', 'any processor')}"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    ]
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "load": ", ".join(f"{load:.2f}" for load in os.getloadavg()) + " (1, 5 and 15 minutes)",
        "python": platform.python_version(),
        "numpy": f"{np.__version__} with {' and '.join(kernels) or 'an unknown BLAS'}",
        "torch": TORCH_VERSION or "not installed: no columns of torch",
        "pins": pins,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def ratios(times: dict[str, float]) -> dict[str, float]:
    """Return how many times as fast as each torch we are, and the share of the step that is products."""
    found = {f"against {column}": times[column] / times[OURS] for column in (EAGER, FUSED) if column in times}
    if GEMM in times:
        found["share of GEMM"] = times[GEMM] / times[OURS]
    return found


def show(case: str, times: dict[str, float]) -> str:
    """Return one row of the table."""
    shares = ratios(times)
    cells = [f"{times[column]:,.0f}" if column in times else "-" for column in COLUMNS]
    cells += [f"{shares[f'against {c}']:.2f}x" if c in times else "-" for c in (EAGER, FUSED)]
    cells.append(f"{shares['share of GEMM']:.2f}" if GEMM in times else "-")
    return _row(case, cells)


def _row(name: str, cells: Sequence[str]) -> str:
    widths = (8, 9, 13, 11, 11, 11, 11)
    return f"{name:<24}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def choose(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the cases with these names or beginnings of names; all of them if there are none.

    Raises:
        ValueError: no case begins so.
    """
    for name in names:
        if not any(case.startswith(name) for case in known):
            raise ValueError(f"there is no case '{name}'; there are {', '.join(known)}")
    return [case for case in known if not names or case.startswith(tuple(names))]


def main(arguments: Sequence[str] | None = None) -> None:
    """Time the cases, print the table and, if asked to, write it as JSON."""
    parser = argparse.ArgumentParser(description="Swatch's training steps against PyTorch's, on one thread.")
    parser.add_argument("--case", nargs="+", default=[], metavar="NAME", help="only these, or beginning so")
    parser.add_argument("--repeats", type=int, default=15, metavar="N", help="at least 7; default 15")
    parser.add_argument("--seconds", type=float, default=0.1, help="of every contestant in every repeat")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there as well")
    parser.add_argument(
        "--keep-pins", action="store_true", help="keep OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE"
    )
    options = parser.parse_args(arguments)
    if options.repeats < FEWEST_REPEATS:
        parser.error(f"--repeats must be at least {FEWEST_REPEATS}, found {options.repeats}")
    if options.json is not None and not options.json.parent.is_dir():
        parser.error(f"--json: there is no folder {options.json.parent}")
    pins = prepare_environment(options.keep_pins)
    from benchmark_cases import CASES

    try:
        chosen = choose(options.case, [case.name for case in CASES])
    except ValueError as error:
        parser.error(str(error))
    about = header(pins)
    print("\n".join(f"{key:<10} {value}" for key, value in about.items()))
    print(f"\nCPU time of one step in microseconds, median of {options.repeats} repeats, one thread\n")
    print(_row("case", (*COLUMNS, "vs torch", "vs fused", "GEMM/step")))
    results = []
    for case in [case for case in CASES if case.name in chosen]:
        times = measure(case.contestants(), options.repeats, options.seconds)
        print(show(case.name, times), flush=True)
        results.append({"case": case.name, "microseconds": times, "ratios": ratios(times)})
    if options.json is not None:
        document = {"machine": about, "repeats": options.repeats, "results": results}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
