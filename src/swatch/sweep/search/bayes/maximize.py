"""Where the expected improvement is largest."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from swatch.sweep.search.bayes.acquisition import (
    log_expected_improvement,
    log_expected_improvement_with_gradient,
)
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
    process: GaussianProcess, encoding: Encoding, best: float, rng: np.random.Generator
) -> FloatArray:
    """Return rows (m, d) in falling order of expected improvement over ``best``; the first are refined.

    1,500 random rows and mutations of the five best observed; the best four of all climb to a local maximum,
    continuous coordinates by L-BFGS-B and grid ones by the best single change, in turn.
    """
    rows = np.concatenate([encoding.sample(RANDOM_CANDIDATES, rng), _mutations(process, encoding, rng)])
    values = log_expected_improvement(process, rows, best)
    order = np.argsort(-values, kind="stable")
    rows, values = rows[order], values[order]
    climbed = [
        _climb(process, encoding, row, float(value), best)
        for row, value in zip(rows[:REFINED], values, strict=False)
    ]
    rows = np.concatenate([np.stack([row for row, _ in climbed]), rows])
    values = np.concatenate([[value for _, value in climbed], values])
    ranked: FloatArray = rows[np.argsort(-values, kind="stable")]
    return ranked


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
    process: GaussianProcess, encoding: Encoding, row: FloatArray, value: float, best: float
) -> tuple[FloatArray, float]:
    for _ in range(ROUNDS):
        before = value
        row, value = _climb_continuous(process, encoding, row, value, best)
        row, value = _best_single_change(process, encoding, row, value, best)
        if value - before < 1e-3:
            break
    return row, value


def _climb_continuous(
    process: GaussianProcess, encoding: Encoding, row: FloatArray, value: float, best: float
) -> tuple[FloatArray, float]:
    free = encoding.continuous & encoding.active(row)
    if not free.any():
        return row, value

    def negative(coordinates: FloatArray) -> tuple[float, FloatArray]:
        trial = row.copy()
        trial[free] = coordinates
        level, gradient = log_expected_improvement_with_gradient(process, trial, best)
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
    process: GaussianProcess, encoding: Encoding, row: FloatArray, value: float, best: float
) -> tuple[FloatArray, float]:
    neighbours = encoding.neighbours(row)
    if not len(neighbours):
        return row, value
    values = log_expected_improvement(process, neighbours, best)
    index = int(np.argmax(values))
    return (neighbours[index], float(values[index])) if values[index] > value else (row, value)
