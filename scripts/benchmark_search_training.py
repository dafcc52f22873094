"""A surrogate of real trainings: the validation error of a configuration after every epoch, from a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark_search_table import PARAMETERS, SPACE, TABLE, Row, read
from swatch.sweep.distributions import Categorical

TREES = 200


class TrainingCurves:
    """Extremely randomised trees on the table of ``benchmark_search_table.py``.

    They predict the logarithm of the validation error after each epoch. Trees and no Gaussian process, so
    that none of the searches compared looks for the optimum of a model of its own kind.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        from sklearn.ensemble import ExtraTreesRegressor

        inputs = np.array([features(point) for point, _ in rows], dtype=np.float32)
        targets = np.log(100.0 - np.array([readings for _, readings in rows]))
        forest = ExtraTreesRegressor(TREES, min_samples_leaf=2, random_state=0).fit(inputs, targets)
        self._trees = [estimator.tree_ for estimator in forest.estimators_]

    def errors(self, point: Mapping[str, Any]) -> list[float]:
        """Return the validation error in percent after every epoch."""
        row = np.array([features(point)], dtype=np.float32)
        logarithms: NDArray[np.float64] = np.mean([tree.predict(row) for tree in self._trees], axis=0)
        return [float(error) for error in np.exp(logarithms).ravel()]


def features(point: Mapping[str, Any]) -> list[float]:
    """Return a configuration as numbers; a column for each label of a category."""
    found: list[float] = []
    for key, entry in PARAMETERS.items():
        distribution, value = SPACE.swept[key], point[key]
        if isinstance(value, str):
            assert isinstance(distribution, Categorical)
            found += [float(value == label) for label in distribution.values]
        elif "log" in entry.get("distribution", "") or key in ("batch_size", "model.width"):
            found.append(math.log(value))
        else:
            found.append(float(value))
    return found


@lru_cache(maxsize=1)
def curves(path: Path = TABLE) -> TrainingCurves:
    """Return the surrogate of a whole table; fitting takes half a second."""
    return TrainingCurves(read(path))


def lowest_error(point: Mapping[str, Any]) -> float:
    """Return the validation error in percent of the best epoch."""
    return min(curves().errors(point))
