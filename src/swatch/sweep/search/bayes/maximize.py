"""Where an acquisition is largest."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from swatch.sweep.search.bayes.acquisition import Acquisition
from swatch.sweep.search.bayes.columns import FloatArray
from swatch.sweep.search.bayes.encoding import Encoding
from swatch.sweep.search.bayes.gaussian_process import GaussianProcess

RANDOM_CANDIDATES = 1500
PARENTS = 5
MUTATIONS_OF_EACH = 40
REFINED = 4
ROUNDS = 3
GRADIENT_STEPS = 20


def candidates(
    process: GaussianProcess, encoding: Encoding, acquisition: Acquisition, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return rows (m, d) in falling order of ``acquisition``, and its values (m,); the first are refined.

    1,500 random rows and mutations of the five best observed; the best four of all climb to a local maximum,
    continuous coordinates by L-BFGS-B and grid ones by the best single change, in turn.
    """
    rows = np.concatenate([encoding.sample(RANDOM_CANDIDATES, rng), _mutations(process, encoding, rng)])
    values = acquisition(rows)
    order = np.argsort(-values, kind="stable")
    rows, values = rows[order], values[order]
    climbed = [
        _climb(acquisition, encoding, row, float(value))
        for row, value in zip(rows[:REFINED], values, strict=False)
    ]
    rows = np.concatenate([np.stack([row for row, _ in climbed]), rows])
    values = np.concatenate([[value for _, value in climbed], values])
    order = np.argsort(-values, kind="stable")
    return rows[order], values[order]


def _mutations(process: GaussianProcess, encoding: Encoding, rng: np.random.Generator) -> FloatArray:
    """Return copies of the rows with the best posterior means, each with some coordinates changed."""
    parents = process.rows[np.argsort(process.mean(process.rows), kind="stable")[:PARENTS]]
    rows = np.repeat(parents, MUTATIONS_OF_EACH, axis=0)
    changed = rng.random(rows.shape) < np.maximum(0.25, 1.0 / rows.shape[1])
    steps = rng.normal(size=rows.shape) * 10.0 ** rng.uniform(-2.0, -0.5, size=(len(rows), 1))
    for index, column in enumerate(encoding.columns):
        if column.positions is None:
            drawn = np.clip(rows[:, index] + steps[:, index], 0.0, 1.0)
        else:
            drawn = encoding.sample_column(column, len(rows), rng)
        rows[:, index] = np.where(changed[:, index], drawn, rows[:, index])
    return encoding.complete(rows)


def _climb(
    acquisition: Acquisition, encoding: Encoding, row: FloatArray, value: float
) -> tuple[FloatArray, float]:
    for _ in range(ROUNDS):
        before = value
        row, value = _climb_continuous(acquisition, encoding, row, value)
        row, value = _best_single_change(acquisition, encoding, row, value)
        if value - before < 1e-3:
            break
    return row, value


def _climb_continuous(
    acquisition: Acquisition, encoding: Encoding, row: FloatArray, value: float
) -> tuple[FloatArray, float]:
    free = encoding.continuous & encoding.active(row)
    if not free.any():
        return row, value

    def negative(coordinates: FloatArray) -> tuple[float, FloatArray]:
        trial = row.copy()
        trial[free] = coordinates
        level, gradient = acquisition.with_gradient(trial)
        return -level, -gradient[free]

    result = minimize(
        negative,
        row[free],
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, 1.0)] * int(free.sum()),
        options={"maxiter": GRADIENT_STEPS},
    )
    if not -result.fun > value:
        return row, value
    climbed = row.copy()
    climbed[free] = np.clip(result.x, 0.0, 1.0)
    return climbed, -float(result.fun)


def _best_single_change(
    acquisition: Acquisition, encoding: Encoding, row: FloatArray, value: float
) -> tuple[FloatArray, float]:
    neighbours = encoding.neighbours(row)
    if not len(neighbours):
        return row, value
    values = acquisition(neighbours)
    index = int(np.argmax(values))
    return (neighbours[index], float(values[index])) if values[index] > value else (row, value)
