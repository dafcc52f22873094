"""How scripts/benchmark.py measures: contestants take turns, CPU time, medians."""

from __future__ import annotations

import resource
import statistics
import time

from benchmark_case import Step


def measure(steps: dict[str, Step], repeats: int, seconds: float) -> dict[str, float]:
    """Return the median CPU time of each step in µs; the contestants take turns.

    Each of them runs for about ``seconds`` in every repeat, so that a busy or throttled machine slows all of
    them alike.
    """
    counts = {column: _calibrate(step, seconds) for column, step in steps.items()}
    times: dict[str, list[float]] = {column: [] for column in steps}
    for _ in range(repeats):
        for column, step in steps.items():
            times[column].append(_time(step, counts[column]))
    return {column: statistics.median(found) * 1e6 for column, found in times.items()}


def cpu_seconds() -> float:
    """Return the CPU time of this process, and of those it has started that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _calibrate(step: Step, seconds: float) -> int:
    """Warm up, and return how many steps take about so many seconds."""
    step()
    if _time(step, 1) < seconds:
        _time(step, 3)
    return max(1, round(seconds / _time(step, 3))) if _time(step, 1) < seconds else 1


def _time(step: Step, count: int) -> float:
    begin = cpu_seconds()
    for _ in range(count):
        step()
    return max((cpu_seconds() - begin) / count, 1e-9)
