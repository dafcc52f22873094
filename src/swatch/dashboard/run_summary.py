"""One run's line in the list, from its small files alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from swatch.evaluation.comparing import INTERRUPTED, RUNNING
from swatch.report.labels import count_of, finite
from swatch.tracking import RunDirectory

SPARK_POINTS = 24
# The parser in C where PyYAML has it: a list of two thousand runs has two thousand of these files.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: Path) -> str:
    """Return a file's text. All that the list reads of runs goes through here."""
    return path.read_text(encoding="utf-8")


def summarize(folder: Path, modified: float) -> dict[str, Any]:
    """Return what the list shows of a run.

    A damaged file is named under ``problem``; what the others say is shown. ``modified`` (Unix time) stands
    in for the time of a start that is not known.
    """
    problems: list[str] = []
    described = _mapping(folder / "run.json", problems)
    summary = _mapping(folder / "summary.json", problems)
    history = _history(folder / "history.jsonl", problems)
    if summary:
        state = str(summary.get("status"))
    else:
        state = RUNNING if RunDirectory(folder).is_alive() else INTERRUPTED
    goals = described.get("goals") if isinstance(described.get("goals"), Mapping) else {}
    metric = str(summary.get("monitor") or next(iter(goals or {}), "val/accuracy"))
    goal = str(summary.get("goal") or (goals or {}).get(metric) or "maximize")
    best = summary.get("best") if isinstance(summary.get("best"), Mapping) else _best(history, metric, goal)
    return {
        "id": folder.name,
        "name": str(described.get("name") or summary.get("name") or folder.name),
        "state": state,
        "reason": summary.get("reason"),
        "sweep": described.get("sweep_id"),
        "trial": described.get("trial"),
        "metric": metric,
        "value": finite((best or {}).get(metric)),
        "epochs": len(history),
        "planned": finite(
            summary["planned_epochs"] if "planned_epochs" in summary else _planned(folder, problems)
        ),
        "seconds": _seconds(summary, history),
        "started": finite(described.get("started")) or modified,
        "spark": spark([finite(record.get(metric)) for record in history]),
        "overrides": _overrides(folder / "overrides.yaml", problems),
        "problem": "; ".join(problems) or None,
    }


def spark(values: Sequence[float | None]) -> list[int | None]:
    """Return a curve as at most ``SPARK_POINTS`` heights from 0 to 100; None where there is no number."""
    known = [value for value in values if value is not None]
    if not known:
        return []
    low, reach = min(known), (max(known) - min(known)) or 1.0
    count = min(len(values), SPARK_POINTS)
    ends = [(place + 1) * len(values) // count - 1 for place in range(count)]
    return [None if (value := values[end]) is None else round(100 * (value - low) / reach) for end in ends]


def _text(path: Path, problems: list[str]) -> str | None:
    try:
        return read_text(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        problems.append(f"{path.name} cannot be read: {error}")
        return None


def _mapping(path: Path, problems: list[str]) -> dict[str, Any]:
    text = _text(path, problems)
    try:
        value = {} if text is None else json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value
    problems.append(f"{path.name} is damaged")
    return {}


def _history(path: Path, problems: list[str]) -> list[dict[str, Any]]:
    records, damaged = [], 0
    lines = (_text(path, problems) or "").split("\n")
    for line in lines:
        try:
            record = json.loads(line) if line.strip() else None
        except ValueError:
            # A last line without its end is being written.
            damaged += line is not lines[-1]
            continue
        if isinstance(record, dict):
            records.append(record)
    if damaged:
        problems.append(f"{path.name} is damaged in {count_of(damaged, 'line')}")
    return records


def _overrides(path: Path, problems: list[str]) -> str:
    text = _text(path, problems)
    try:
        value = [] if text is None else _Loader(text).get_single_data()
    except yaml.YAMLError:
        problems.append(f"{path.name} is damaged")
        return ""
    return " ".join(str(each) for each in value) if isinstance(value, list) else ""


def _planned(folder: Path, problems: list[str]) -> Any:
    """Return how many epochs a run that has no summary yet is to have, by its config."""
    text = _text(folder / "config.yaml", problems)
    try:
        config = None if text is None else _Loader(text).get_single_data()
    except yaml.YAMLError:
        problems.append("config.yaml is damaged")
        return None
    return config.get("epochs") if isinstance(config, dict) else None


def _best(history: Sequence[Mapping[str, Any]], metric: str, goal: str) -> Mapping[str, Any] | None:
    known = [record for record in history if finite(record.get(metric)) is not None]
    choose = max if goal == "maximize" else min
    return choose(known, key=lambda record: record[metric]) if known else None


def _seconds(summary: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> float | None:
    known = [value for record in history if (value := finite(record.get("seconds"))) is not None]
    return finite(summary.get("seconds")) or (round(sum(known), 3) if known else None)
