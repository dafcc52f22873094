"""Which runs a query means, and in which order: W&B's filters in MongoDB's form."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from typing import Any

from wandb_server.model import Run, stamp
from wandb_server.store import Store, is_member

_COLUMNS: dict[str, Callable[[Run], Any]] = {
    "name": lambda run: run.id,
    "displayName": lambda run: run.display_name,
    "state": lambda run: run.state,
    "group": lambda run: run.group,
    "jobType": lambda run: run.job_type,
    "tags": lambda run: run.tags,
    "notes": lambda run: run.notes,
    "description": lambda run: run.description,
    "host": lambda run: run.host,
    "createdAt": lambda run: stamp(run.created),
    "heartbeatAt": lambda run: stamp(run.heartbeat),
}
_OTHER_NAMES = {"display_name": "displayName", "job_type": "jobType", "created_at": "createdAt",
                "heartbeat_at": "heartbeatAt", "id": "name", "createdat": "createdAt"}  # fmt: skip

_ORDERINGS = {"$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}


def select(store: Store, runs: list[Run], filters: str | None, order: str | None) -> list[Run]:
    """The runs that match ``filters`` (JSON), ordered as ``order`` says (``+key`` or ``-key``)."""
    condition = json.loads(filters) if filters else None
    found = [run for run in runs if not condition or _matches(store, run, condition)]
    found.sort(key=lambda run: run.number)
    for key in reversed([part for part in (order or "").split(",") if part]):
        descending, name = key[0] == "-", key.lstrip("+-")
        if name in ("created_at", "createdAt"):
            found.sort(key=lambda run: run.number, reverse=descending)
            continue
        # Runs without the value come last, in either direction.
        having = [run for run in found if _value(store, run, name) is not None]
        missing = [run for run in found if _value(store, run, name) is None]
        having.sort(key=lambda run: _sortable(_value(store, run, name)), reverse=descending)
        found = having + missing
    return found


def _matches(store: Store, run: Run, condition: dict[str, Any]) -> bool:
    return all(_holds(store, run, key, expected) for key, expected in condition.items())


def _holds(store: Store, run: Run, key: str, expected: Any) -> bool:
    if key == "$and":
        return all(_matches(store, run, part) for part in expected)
    if key == "$or":
        return any(_matches(store, run, part) for part in expected)
    if key == "$nor":
        return not any(_matches(store, run, part) for part in expected)
    if key == "$not":
        return not _matches(store, run, expected)
    actual = _value(store, run, key)
    if isinstance(expected, dict) and any(name.startswith("$") for name in expected):
        return all(_compare(name, actual, operand) for name, operand in expected.items())
    return _compare("$eq", actual, expected)


def _value(store: Store, run: Run, key: str) -> Any:
    key = _OTHER_NAMES.get(key, key)
    if key in _COLUMNS:
        return _COLUMNS[key](run)
    if key in ("sweep", "sweepName", "sweep_name"):
        # The client asks by the short id, the web application by the GraphQL id.
        sweeps = [sweep for sweep in store.sweeps.values() if is_member(run, sweep)]
        ids = [name for sweep in sweeps for name in (sweep.id, sweep.storage_id)]
        return ids or None
    section, _, name = key.partition(".")
    if section == "config":
        return inside(run.config, name.removesuffix(".value"))
    if section in ("summary_metrics", "summaryMetrics", "summary"):
        return inside(run.summary, name)
    return None


def inside(values: Any, name: str) -> Any:
    """A value by its name, or by its path if the name has dots (a name may contain dots itself)."""
    if not isinstance(values, dict):
        return None
    if name in values:
        return values[name]
    for i, letter in enumerate(name):
        if letter == "." and name[:i] in values:
            found = inside(values[name[:i]], name[i + 1 :])
            if found is not None:
                return found
    return None


def _compare(name: str, actual: Any, expected: Any) -> bool:
    if name == "$not":
        return not all(_compare(key, actual, value) for key, value in expected.items())
    if name in ("$ne", "$nin"):
        return not _compare("$eq" if name == "$ne" else "$in", actual, expected)
    if name == "$exists":
        return (actual is not None) is bool(expected)
    if name == "$in":
        return any(_compare("$eq", actual, value) for value in expected)
    if isinstance(actual, list) and not isinstance(expected, list):
        return any(_compare(name, item, expected) for item in actual)
    if name == "$eq":
        return bool(actual == expected)
    if name == "$regex":
        return isinstance(actual, str) and re.search(expected, actual) is not None
    try:
        return bool(_ORDERINGS[name](actual, expected))
    except TypeError:
        return False


def _sortable(value: Any) -> tuple[int, Any]:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return (0, value) if is_number else (1, str(value))
