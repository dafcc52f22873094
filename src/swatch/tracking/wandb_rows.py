"""What wandb gets of a run's records: rows with their times, and a summary of plain numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from swatch.tracking.tracker import Record

KEPT = ("best", "final", "macro_average", "parameters", "epochs", "seconds")
"""The parts of ``summary.json`` that go along, and besides whatever stands under ``test/``."""
_TEST = "test/"


def summary_values(
    status: str,
    reason: str | None,
    summary: Mapping[str, Any],
    history: Sequence[Record],
    goals: Mapping[str, str],
) -> dict[str, Any]:
    """Return the summary of a run that has ended.

    Every metric stands under its own name with its last value, and those with a goal with their best. A live
    run's summary has ``{"max": ..., "last": ...}`` there, which W&B's engine and its charts cannot compare.

    Args:
        status: How the run ended.
        reason: Why.
        summary: The contents of ``summary.json``.
        history: All epochs.
        goals: Metric to ``"minimize"`` or ``"maximize"``.
    """
    values: dict[str, Any] = {}
    for record in history:
        values |= metrics_of(record)
    for metric, goal in goals.items():
        found = [record[metric] for record in history if _is_number(record.get(metric))]
        if found:
            values[metric] = min(found) if goal == "minimize" else max(found)
    values |= {"status": status, "reason": reason}
    names = (*KEPT, *(key for key in summary if key.startswith(_TEST)))
    kept = {key: summary[key] for key in names if summary.get(key) is not None}
    return values | {
        key: metrics_of(part) if isinstance(part, Mapping) else part for key, part in kept.items()
    }


def metrics_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without its time, which is none of the metrics; NaN and infinities are null.

    So they are in the run directory too, and a run that is sent later is the same as one that was sent live.
    """
    return {key: _finite(value) for key, value in record.items() if key != "timestamp"}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def time_of(record: Mapping[str, Any]) -> dict[str, float]:
    """Return a record's time as wandb wants it: nothing if it has none, and then wandb takes its own."""
    timestamp = record.get("timestamp")
    return {"_timestamp": float(timestamp)} if isinstance(timestamp, int | float) else {}


def seconds_until(started: float | None, records: Sequence[Record]) -> float:
    """Return how far into the run the last of the records was; 0 if that is not known."""
    times = [time_of(record).get("_timestamp") for record in records]
    return max(times[-1] - started, 0.0) if started is not None and times and times[-1] is not None else 0.0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
