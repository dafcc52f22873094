"""The hyperparameters of the Gaussian process: the maximum of their posterior."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import Bounds, minimize

from swatch.sweep.search.bayes.columns import FloatArray
from swatch.sweep.search.bayes.encoding import BoolArray
from swatch.sweep.search.bayes.gaussian_process import Hyperparameters
from swatch.sweep.search.bayes.kernel import matern52, squared_differences

# With few observations the posterior often has several peaks.
TWO_STARTS_BELOW = 60
MOST_STEPS = 60


@dataclass(frozen=True)
class _Prior:
    """Independent normal distributions of log ℓ (d of them), log s² and log noise.

    The length scales grow with the square root of the dimension, as distances do (Hvarfner, Hellsten and
    Nardi, "Vanilla Bayesian Optimization Performs Great in High Dimensions", 2024).
    """

    mean: FloatArray
    deviation: FloatArray

    @classmethod
    def for_dimensions(cls, dimensions: int) -> _Prior:
        length = 0.5 * math.log(dimensions) - 0.3
        return cls(np.array([length] * dimensions + [0.0, -6.0]), np.array([1.0] * dimensions + [0.7, 2.0]))


def fit(rows: FloatArray, targets: FloatArray, categorical: BoolArray) -> Hyperparameters:
    """Return the hyperparameters with the highest posterior density.

    ``rows`` is (n, d), ``targets`` (n,) with mean 0 and variance 1. L-BFGS-B on the logarithms with analytic
    gradients, from the middle of the prior and, below 60 observations, from shorter lengths with more noise.
    """
    dimensions = rows.shape[1]
    prior = _Prior.for_dimensions(dimensions)
    differences = squared_differences(rows, categorical)
    starts = [prior.mean]
    if len(rows) < TWO_STARTS_BELOW:
        starts.append(prior.mean + np.array([-1.0] * dimensions + [0.0, 3.0]))
    bounds = Bounds(prior.mean - 4 * prior.deviation, prior.mean + 4 * prior.deviation)
    results = [
        minimize(
            negative_log_posterior,
            start,
            args=(differences, targets, prior.mean, prior.deviation),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": MOST_STEPS, "ftol": 1e-6},
        )
        for start in starts
    ]
    best = np.exp(min(results, key=lambda result: float(result.fun)).x)
    return Hyperparameters(best[:-2], float(best[-2]), float(best[-1]))


def negative_log_posterior(
    logs: FloatArray, differences: FloatArray, targets: FloatArray, mean: FloatArray, deviation: FloatArray
) -> tuple[float, FloatArray]:
    """Return −log p(targets, logs) up to a constant, and its gradient by ``logs``.

    ``logs`` holds log ℓ (d), log s² and log noise; ``differences`` is (d, n, n); ``mean`` and ``deviation``
    are the prior's. Source: Rasmussen and Williams, equations 2.30 and 5.9.
    """
    size = len(targets)
    inverse_squares = np.exp(-2.0 * logs[:-2])
    signal, noise = np.exp(logs[-2:])
    flat = differences.reshape(len(differences), -1)
    kernel, slope = matern52((inverse_squares @ flat).reshape(size, size))
    kernel *= signal
    covariance = kernel.copy()
    covariance[np.diag_indices(size)] += noise
    factor, failed = dpotrf(covariance, lower=1)
    if failed:
        return 1e10, np.zeros_like(logs)
    half_log_determinant = float(np.log(np.diagonal(factor)).sum())
    inverse, _ = dpotri(factor, lower=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    weights = inverse @ targets

    # d(log p)/dθ = ½ tr((w wᵀ − K⁻¹) dK/dθ)
    outer = np.outer(weights, weights) - inverse
    gradient = np.empty_like(logs)
    gradient[:-2] = -0.5 * signal * inverse_squares * (flat @ (outer * slope).ravel())
    gradient[-2] = -0.5 * np.vdot(outer, kernel)
    gradient[-1] = -0.5 * noise * np.trace(outer)

    standardised = (logs - mean) / deviation
    value = 0.5 * float(targets @ weights) + half_log_determinant + 0.5 * float(standardised @ standardised)
    return value, gradient + standardised / deviation
