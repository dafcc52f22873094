"""``evaluations.json``: every evaluation of a run, and what trackers take of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from swatch.files import write_json

FILE = "evaluations.json"
TEST = "test"


@dataclass(frozen=True)
class TestEvaluation:
    """Figures on the test set."""

    __test__ = False  # For pytest: no class of tests, whatever its name begins with.
    labels: list[str]
    counts: list[list[int]]
    """The confusion matrix; the row is the true class."""
    metrics: dict[str, float]
    """Under their names in a summary, such as ``test/accuracy``."""


def read_entries(folder: Path) -> list[dict[str, Any]]:
    """Return the evaluations of a run so far, the latest last; a damaged file counts as none."""
    try:
        entries = json.loads((folder / FILE).read_text())
    except (OSError, ValueError):
        return []
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def append(
    folder: Path,
    split: str,
    images: int,
    metrics: Mapping[str, float],
    labels: Sequence[str],
    counts: Sequence[Sequence[int]],
) -> list[dict[str, Any]]:
    """Add an evaluation of ``images`` images, made now, and return all of them.

    Raises:
        UserError: The disk refuses.
    """
    entries = read_entries(folder)
    entries.append(
        {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "split": split,
            "images": images,
            "metrics": dict(metrics),
            "confusion_matrix": {"labels": list(labels), "counts": counts},
        }
    )
    write_json(folder / FILE, entries)
    return entries


def last_test(folder: Path) -> TestEvaluation | None:
    """Return the last evaluation of the test set, or None if there is none that can be read."""
    for entry in reversed(read_entries(folder)):
        if entry.get("split") == TEST:
            try:
                matrix, metrics = entry["confusion_matrix"], entry["metrics"]
                return TestEvaluation(
                    [str(label) for label in matrix["labels"]],
                    [[int(count) for count in row] for row in matrix["counts"]],
                    {f"{TEST}/{name}": float(value) for name, value in metrics.items()},
                )
            except (KeyError, TypeError, ValueError, AttributeError):
                return None
    return None
