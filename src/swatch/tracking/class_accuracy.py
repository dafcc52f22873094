"""``class_accuracy.jsonl`` of a run: how much of each class validation recognised, epoch by epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swatch.files import append_line, json_text, write_text

FILE = "class_accuracy.jsonl"


@dataclass(frozen=True)
class ClassAccuracies:
    """The share of each class that was recognised, over the epochs."""

    epochs: Sequence[int]
    curves: Mapping[str, Sequence[float | None]]
    """Class to one share an epoch; None where the validation part has no image of it."""


def append(folder: Path, epoch: int, accuracies: Mapping[str, float | None]) -> None:
    """Add one epoch's line.

    Raises:
        WriteError: the disk refuses.
    """
    append_line(folder / FILE, json_text({"epoch": epoch, "accuracy": accuracies}))


def keep_until(folder: Path, epoch: int) -> None:
    """Drop the epochs after ``epoch``, which an attempt had done that did not come to its checkpoint.

    Raises:
        WriteError: the disk refuses.
    """
    if epoch == 0:
        (folder / FILE).unlink(missing_ok=True)
        return
    lines = [line for line in _lines(folder) if line["epoch"] <= epoch]
    write_text(folder / FILE, "".join(json_text(line) + "\n" for line in lines))


def read(folder: Path) -> ClassAccuracies | None:
    """Return the curves; None for a run without validation, or by a version that kept none."""
    lines = _lines(folder)
    if not lines:
        return None
    names = list(lines[-1]["accuracy"])
    return ClassAccuracies(
        [line["epoch"] for line in lines],
        {name: [_share(line["accuracy"].get(name)) for line in lines] for name in names},
    )


def _lines(folder: Path) -> list[dict[str, Any]]:
    """Return the lines up to the first that is damaged."""
    try:
        text = (folder / FILE).read_text()
    except (OSError, UnicodeDecodeError):
        return []
    lines = []
    for row in text.splitlines():
        try:
            line = json.loads(row)
        except json.JSONDecodeError:
            break
        if not isinstance(line, dict) or not isinstance(line.get("accuracy"), dict):
            break
        if not isinstance(line.get("epoch"), int):
            break
        lines.append(line)
    return lines


def _share(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else None
