"""Reads of a run's history."""

from __future__ import annotations

import json
from typing import Any

from wandb_server.model import Run


def lines(rows: list[dict[str, Any]], arguments: dict[str, Any]) -> list[str]:
    """Whole rows as JSON, those with ``minStep <= _step < maxStep``, thinned out to ``samples``."""
    low, high = arguments.get("minStep"), arguments.get("maxStep")
    found = [row for row in rows if _is_between(row, low, high)]
    return [json.dumps(row) for row in _thinned(found, arguments.get("samples"))]


def sampled(run: Run, arguments: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """For each specification the rows that have all its keys, with these keys only."""
    specifications = arguments.get("specs") or []
    if isinstance(specifications, str):  # GraphQL takes one value for a list of one
        specifications = [specifications]
    return [_by_keys(run, json.loads(s) if isinstance(s, str) else s) for s in specifications]


def _by_keys(run: Run, specification: dict[str, Any]) -> list[dict[str, Any]]:
    keys = specification.get("keys") or []
    highest = specification.get("maxStep")
    found = [
        {key: row[key] for key in keys}
        for row in run.history
        if keys
        and all(key in row for key in keys)
        # Unlike that of whole rows, this range has its end included.
        and _is_between(row, specification.get("minStep"), None if highest is None else highest + 1)
    ]
    return _thinned(found, specification.get("samples"))


def _is_between(row: dict[str, Any], low: int | None, high: int | None) -> bool:
    step = row.get("_step", 0)
    return (low is None or step >= low) and (high is None or step < high)


def _thinned(rows: list[dict[str, Any]], samples: int | None) -> list[dict[str, Any]]:
    if not samples or len(rows) <= samples:
        return rows
    return [rows[i * len(rows) // samples] for i in range(samples)]


def keys(run: Run) -> dict[str, Any] | None:
    """What the client wants to know of a history without reading it."""
    rows = run.history
    if not rows:
        return None
    counts: dict[str, int] = {}
    for row in rows:
        for key in row:
            counts[key] = counts.get(key, 0) + 1
    return {
        "sets": [],
        "keys": {
            key: {"typeCounts": [{"type": "number", "count": count}], "monotonic": key == "_step"}
            for key, count in counts.items()
        },
        "lastStep": max(int(row.get("_step", 0)) for row in rows),
    }
