"""Predictions as CSV: what other programs, teachers and competitions want to read."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.evaluation.predicting import Predictor
from swatch.evaluation.tables_reading import PixelTable

FORMATS = ("label", "name", "probabilities", "kaggle")
"""A column ``Label`` with the data set's labels or the classes' names; a column for the probability of each
class; or ``ImageId,Label``."""

LABEL, IMAGE_ID, FILE = "Label", "ImageId", "File"


def predict_table(predictor: Predictor, table: PixelTable) -> NDArray[np.floating[Any]]:
    """Return the probabilities of every class for every image, shape (n, classes).

    Raises:
        UserError: the file cannot be read, or lines of it cannot be used.
    """
    return np.concatenate([predictor.model.predict_proba(images) for images in table.images()])


def table_text(
    predictor: Predictor,
    probabilities: NDArray[np.floating[Any]],
    form: str,
    *,
    identifiers: Sequence[str] = (),
    files: Sequence[str] | None = None,
) -> str:
    """Return predictions as CSV with a header, in their order.

    Args:
        predictor: whose classes they are of.
        probabilities: shape (n, classes).
        form: one of ``FORMATS``.
        identifiers: the ids of "kaggle"; if empty, the images are counted from 1 on.
        files: for images from files, which the first column names; not for "kaggle", which numbers rows.

    """
    answers = probabilities.argmax(axis=1).tolist()
    if form == "probabilities":
        header = list(predictor.model.classes)
        rows = [[f"{value:.6g}" for value in row] for row in probabilities.tolist()]
    else:
        header = [LABEL]
        names = predictor.model.classes if form == "name" else predictor.labels
        rows = [[names[answer]] for answer in answers]
    if form == "kaggle":
        header.insert(0, IMAGE_ID)
        places = identifiers or [str(place) for place in range(1, len(rows) + 1)]
        rows = [[place, *row] for place, row in zip(places, rows, strict=True)]
    elif files is not None:
        header.insert(0, FILE)
        rows = [[file, *row] for file, row in zip(files, rows, strict=True)]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()
