"""The test set, read once when a training has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from swatch.errors import UserError
from swatch.files import write_npz
from swatch.metrics import confusion_counts
from swatch.metrics.measures import measures
from swatch.tracking import evaluations_file
from swatch.tracking.evaluations_file import TEST, TestEvaluation
from swatch.training.model import BATCH_SIZE

if TYPE_CHECKING:
    from pathlib import Path

    from swatch.data.source import Source
    from swatch.nn import Loss
    from swatch.training.model import Model


def prepare_test_set(source: Source) -> None:
    """Fetch the test set before the training, so that its end does not depend on a network.

    Raises:
        UserError: The data set has none, or it cannot be had.
    """
    if not source.has_test_set:
        raise UserError(f"training.test is true, and {source.title} has no test set; leave it false")
    source.prepare(test=True)


def read_test_set(folder: Path, model: Model, loss: Loss, source: Source) -> TestEvaluation:
    """Ask the model about every test image, and count the reading as `swatch evaluate` does.

    Args:
        folder: The run directory; ``evaluations.json`` gets an entry, and the answers go to
            ``predictions_test.npz``.
        model: With the weights to judge.
        loss: That it was trained with.
        source: The data set, after :func:`prepare_test_set`.

    Raises:
        UserError: The test set is damaged, or the disk refuses.
    """
    dataset = source.test_set()
    images, labels = dataset.images, dataset.labels.astype(np.intp)
    if not len(labels):
        raise UserError(f"training.test is true, and the test part of {source.title} has no images")
    logits = model.logits(images)
    total = 0.0
    for start in range(0, len(labels), BATCH_SIZE):
        part = slice(start, start + BATCH_SIZE)
        total += loss.forward(logits[part], labels[part]) * len(labels[part])
    probabilities = model.probabilities(logits)
    counts = confusion_counts(labels, probabilities.argmax(axis=1), len(model.classes))
    found = measures(total / len(labels), probabilities, labels)
    evaluations_file.append(folder, TEST, len(labels), found, model.classes, counts.tolist())
    write_npz(
        folder / f"predictions_{TEST}.npz",
        {"labels": labels.astype(np.int32), "probabilities": probabilities},
    )
    metrics = {f"{TEST}/{name}": value for name, value in found.items()}
    return TestEvaluation(list(model.classes), counts.tolist(), metrics)
