"""The posterior of a Gaussian process with zero mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from swatch.sweep.search.bayes.columns import FloatArray
from swatch.sweep.search.bayes.encoding import BoolArray
from swatch.sweep.search.bayes.kernel import matern52, squared_distances


@dataclass(frozen=True)
class Hyperparameters:
    """What a fit finds; targets are standardised."""

    lengths: FloatArray
    """One length scale for each coordinate, (d,): large where the coordinate does not matter."""
    signal: float
    """Variance of the function."""
    noise: float
    """Variance of an observation about the function."""


class GaussianProcess:
    """A Gaussian process conditioned on ``rows`` (n, d) with ``targets`` (n,).

    Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning", algorithm 2.1.
    """

    def __init__(
        self,
        rows: FloatArray,
        targets: FloatArray,
        hyperparameters: Hyperparameters,
        categorical: BoolArray,
    ) -> None:
        self.rows = rows
        self.targets = targets
        self.hyperparameters = hyperparameters
        self.categorical = categorical
        covariance = self._covariance(rows)[0]
        covariance[np.diag_indices(len(rows))] += hyperparameters.noise
        self._factor = cho_factor(covariance, lower=True, check_finite=False)
        self._weights = cho_solve(self._factor, targets, check_finite=False)

    def mean(self, rows: FloatArray) -> FloatArray:
        """Return the posterior mean at ``rows`` (m, d), as (m,)."""
        return self._covariance(rows)[0] @ self._weights

    def predict(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and deviation of the function, without noise, at ``rows`` (m, d): (m,) each."""
        cross = self._covariance(rows)[0]
        half = solve_triangular(self._factor[0], cross.T, lower=True, check_finite=False)
        variance = self.hyperparameters.signal - np.einsum("ij,ij->j", half, half)
        return cross @ self._weights, np.sqrt(np.maximum(variance, 1e-12))

    def left_out_errors(self) -> FloatArray:
        """Return by how much each target is missed when all the others predict it, (n,).

        With K the covariance of the observations, noise included, the error is [K⁻¹y]ᵢ / [K⁻¹]ᵢᵢ. Source:
        Rasmussen and Williams, equation 5.12; the hyperparameters stay those of all observations.
        """
        inverse = cho_solve(self._factor, np.eye(len(self.rows)), check_finite=False)
        return self._weights / np.diag(inverse)

    def predict_with_gradient(self, row: FloatArray) -> tuple[float, float, FloatArray, FloatArray]:
        """Return mean, standard deviation and their gradients (d,) by the coordinates of one ``row`` (d,).

        The gradient of a categorical coordinate is 0.
        """
        cross, slope = self._covariance(row[None, :])
        solved = cho_solve(self._factor, cross[0], check_finite=False)
        deviation = float(np.sqrt(max(self.hyperparameters.signal - cross[0] @ solved, 1e-12)))
        scaled = (row - self.rows) / self.hyperparameters.lengths**2
        scaled[:, self.categorical] = 0.0
        gradient = -slope[0][:, None] * scaled
        mean = float(cross[0] @ self._weights)
        return mean, deviation, self._weights @ gradient, -(solved @ gradient) / deviation

    def believing(self, rows: FloatArray) -> GaussianProcess:
        """Return the process as if its own predictions had been observed at ``rows`` (the kriging believer).

        Source: Ginsbourger, Le Riche and Carraro, "Kriging is well-suited to parallelize optimization", 2010.
        """
        return GaussianProcess(
            np.concatenate([self.rows, rows]),
            np.concatenate([self.targets, self.mean(rows)]),
            self.hyperparameters,
            self.categorical,
        )

    def _covariance(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        squares = squared_distances(rows, self.rows, self.hyperparameters.lengths, self.categorical)
        kernel, slope = matern52(squares)
        return self.hyperparameters.signal * kernel, self.hyperparameters.signal * slope
