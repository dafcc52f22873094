"""How scripts/benchmark.py shows what it measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmark_case import EAGER, EPOCHS, GEMM, OPTIMIZERS, OURS, STEPS
from benchmark_training import BARE, REST, TRAINING, VALIDATION

Times = Mapping[str, float]
WIDTHS = {
    STEPS: (28, 11, 11, 11, 11, 10, 10, 10, 0),
    OPTIMIZERS: (28, 11, 11, 11, 10, 10),
    EPOCHS: (28, 14, 11, 11, 11, 11, 13),
}
HEADS = {
    STEPS: ("case", OURS, EAGER, "best torch", GEMM, "vs torch", "vs best", "GEMM/step", "  which"),
    OPTIMIZERS: ("case", OURS, EAGER, "fused", "vs torch", "vs fused"),
    EPOCHS: ("case", TRAINING, BARE, VALIDATION, REST, "loop/bare", "+callbacks"),
}


def best_torch(times: Times) -> str | None:
    """Return torch's fastest variant, or None without torch."""
    return min((column for column in times if column.startswith(EAGER)), key=times.__getitem__, default=None)


def ratios(times: Times) -> dict[str, float]:
    """Return how many times as fast as torch we are, and the share of the step that is products."""
    found = {}
    if TRAINING in times:
        found["training loop / bare steps"] = times[TRAINING] / times[BARE]
        found["all but validation / bare steps"] = (times[TRAINING] + times[REST]) / times[BARE]
    if EAGER in times:
        found[f"against {EAGER}"] = times[EAGER] / times[OURS]
        best = best_torch(times)
        assert best is not None
        found["against its best"] = times[best] / times[OURS]
    if GEMM in times:
        found["share of GEMM"] = times[GEMM] / times[OURS]
    return found


def head(kind: str) -> str:
    """Return the titles of a table's columns."""
    return _row(kind, HEADS.get(kind, ("case", OURS)))


def row(kind: str, case: str, times: Times) -> str:
    """Return one row of a table."""
    shares = {name: f"{value:.2f}" for name, value in ratios(times).items()}
    best = best_torch(times)
    if kind == STEPS:
        columns = [OURS, EAGER, best or "", GEMM]
        cells = [duration(times.get(column)) for column in columns]
        cells += [shares.get(name, "-") for name in ("against torch", "against its best", "share of GEMM")]
        return _row(kind, (case, *cells, f"  {best}" if best else ""))
    if kind == OPTIMIZERS:
        cells = [duration(times.get(column)) for column in (OURS, EAGER, "torch fused")]
        cells += [shares.get("against torch", "-"), shares.get("against its best", "-")]
        return _row(kind, (case, *cells))
    if kind == EPOCHS:
        cells = [duration(times[column]) for column in (TRAINING, BARE, VALIDATION, REST)]
        return _row(kind, (case, *cells, *shares.values()))
    return _row(kind, (case, duration(times[OURS])))


def duration(microseconds: float | None) -> str:
    """Return a time in the unit that suits it, with three digits or so."""
    if microseconds is None:
        return "-"
    if microseconds < 1000:
        return f"{microseconds:.{1 if microseconds < 100 else 0}f} µs"
    if microseconds < 1e6:
        return f"{microseconds / 1e3:.{1 if microseconds > 1e4 else 2}f} ms"
    return f"{microseconds / 1e6:.2f} s"


def _row(kind: str, cells: Sequence[str]) -> str:
    name, *rest = cells
    widths = WIDTHS.get(kind, (28, 11))
    return f"{name:<{widths[0]}}" + "".join(
        f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True)
    )
