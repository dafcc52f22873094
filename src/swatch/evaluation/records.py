"""What is kept of evaluations, in the run's directory: how often the test set was read, and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from swatch.evaluation.evaluating import TEST
from swatch.files import write_npz
from swatch.tracking import evaluations_file

if TYPE_CHECKING:
    from pathlib import Path

    from swatch.evaluation.evaluating import Evaluation
    from swatch.tracking import RunDirectory

EVALUATIONS_FILE = evaluations_file.FILE


def predictions_file(directory: RunDirectory, split: str) -> Path:
    """Return where the answers for a split are kept."""
    return directory.path / f"predictions_{split}.npz"


def record(directory: RunDirectory, evaluation: Evaluation) -> int:
    """Add an evaluation to ``evaluations.json``, and write its answers to ``predictions_<split>.npz``.

    The answers are ``labels`` (n,), the true classes, and ``probabilities`` (n, classes).

    Returns:
        How often the run's network has been asked about the test set, this time included.

    Raises:
        UserError: the disk refuses.
    """
    entries = evaluations_file.append(
        directory.path,
        evaluation.split,
        len(evaluation.labels),
        evaluation.metrics,
        evaluation.class_names,
        evaluation.counts.tolist(),
    )
    write_npz(
        predictions_file(directory, evaluation.split),
        {"labels": evaluation.labels.astype(np.int32), "probabilities": evaluation.probabilities},
    )
    return readings_of_the_test_set(entries)


def read(directory: RunDirectory) -> list[dict[str, Any]]:
    """Return the evaluations of a run so far, the latest last; a damaged file counts as none."""
    return evaluations_file.read_entries(directory.path)


def readings_of_the_test_set(entries: list[dict[str, Any]]) -> int:
    """Return how many of the evaluations were of the test set."""
    return sum(entry.get("split") == TEST for entry in entries)
