"""The best point so far under another category."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np

from swatch.sweep.records import Point
from swatch.sweep.search.bayes.acquisition import LogExpectedImprovement
from swatch.sweep.search.bayes.model import Model

# Of so many proposals one is the best point so far under another category.
TRANSFER_EVERY, TRANSFER_AT = 6, 1
# A category that would have to surprise the model by more deviations than this was tried nearby.
MOST_DEVIATIONS = 4.0


def is_transfer(number: int) -> bool:
    """Return whether trial ``number`` is one for :func:`best_under_another_category`."""
    return number % TRANSFER_EVERY == TRANSFER_AT


def best_under_another_category(model: Model, seen: AbstractSet[str]) -> Point | None:
    """Return the observed point with the lowest posterior mean, one of its categories changed.

    Of all such changes it is the unseen one with the highest expected improvement; None if there is none, or
    if of none the model thinks it possible that it is better.

    The fit learns of a category mostly from points far from the good ones. A search that finds a valley under
    one category believes these points, looks into every corner of the valley, and may never try the same
    valley under the category with which it is deepest. One trial tells, and one that fails leaves little to
    expect of its category there, so that the others have their turn.
    """
    encoding, process, pending = model.encoding, model.process, model.observations.pending
    leader = process.rows[int(np.argmin(process.mean(process.rows)))]
    rows = encoding.neighbours(leader)
    rows = rows[(rows != leader)[:, encoding.categorical].any(axis=1)]
    if not len(rows):
        return None
    if len(pending):
        process = process.believing(pending)
    mean, deviation = process.predict(rows)
    possible = mean - MOST_DEVIATIONS * deviation < model.best
    improvement = LogExpectedImprovement(process, model.best)(rows)
    for index in np.argsort(-improvement, kind="stable"):
        point = encoding.decode(rows[index])
        if possible[index] and encoding.space.point_key(point) not in seen:
            return point
    return None
