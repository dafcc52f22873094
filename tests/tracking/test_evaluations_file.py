"""What trackers take of a run's evaluations: the last one of the test set, if it can be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from swatch.tracking.evaluations_file import FILE, last_test, read_entries


def entry(split: str, accuracy: float) -> dict[str, Any]:
    matrix = {"labels": ["a", "b"], "counts": [[3, 1], [0, 4]]}
    return {"split": split, "metrics": {"accuracy": accuracy, "loss": 0.5}, "confusion_matrix": matrix}


def test_the_last_evaluation_of_the_test_set_counts(tmp_path: Path) -> None:
    entries = [entry("test", 0.1), entry("test", 0.2), entry("val", 0.3), entry("train", 0.4)]
    (tmp_path / FILE).write_text(json.dumps(entries))
    found = last_test(tmp_path)
    assert found is not None and found.metrics == {"test/accuracy": 0.2, "test/loss": 0.5}
    assert (found.labels, found.counts) == (["a", "b"], [[3, 1], [0, 4]])
    assert len(read_entries(tmp_path)) == 4


@pytest.mark.parametrize(
    "text",
    [
        *("", "[{", "{}", "[]", "[1, null]"),
        json.dumps([entry("val", 0.3)]),
        json.dumps([{"split": "test"}]),
        json.dumps([{**entry("test", 0.1), "metrics": {"accuracy": "good"}}]),
        json.dumps([{**entry("test", 0.1), "confusion_matrix": {"labels": ["a"], "counts": [["x"]]}}]),
        json.dumps([{**entry("test", 0.1), "confusion_matrix": None}]),
    ],
)
def test_without_one_there_is_none(text: str, tmp_path: Path) -> None:
    assert last_test(tmp_path) is None
    (tmp_path / FILE).write_text(text)
    assert last_test(tmp_path) is None
    (tmp_path / FILE).write_bytes(b"\xff\xfe")
    assert read_entries(tmp_path) == []
