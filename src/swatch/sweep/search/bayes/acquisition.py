"""What makes a row worth trying: the expected improvement of what is known, or a low mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import erfcx, log_ndtr

from swatch.sweep.search.bayes.columns import FloatArray
from swatch.sweep.search.bayes.gaussian_process import GaussianProcess

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
# Below this 1 + z Φ(z)/φ(z) cancels to nothing in double precision.
_ASYMPTOTIC_BELOW = -1e4


def log_improvement(z: FloatArray) -> FloatArray:
    """Return log h(z) with h(z) = φ(z) + z Φ(z), the expected improvement in standard deviations.

    Accurate also where h underflows: h(z) = φ(z) (1 + z √(π/2) erfcx(−z/√2)) for negative z, and φ(z)/z² far
    out. Source: Ament et al., "Unexpected Improvements to Expected Improvement for Bayesian Optimization",
    2023, equation 9.
    """
    z = np.asarray(z, dtype=np.float64)
    log_density = -0.5 * z * z - _HALF_LOG_2PI
    near = np.clip(z, _ASYMPTOTIC_BELOW, 0.0)
    ratio = math.sqrt(math.pi / 2.0) * erfcx(-near / math.sqrt(2.0))
    below = log_density + np.log1p(near * ratio)
    above = np.clip(z, -1.0, None)
    positive = np.log(np.exp(-0.5 * above * above - _HALF_LOG_2PI) + above * np.exp(log_ndtr(above)))
    far = log_density - 2.0 * np.log(np.maximum(-z, 1.0))
    return np.where(z > -1.0, positive, np.where(z > _ASYMPTOTIC_BELOW, below, far))


class Acquisition(Protocol):
    """What a row is worth; the search looks for the largest value."""

    def __call__(self, rows: FloatArray) -> FloatArray:
        """Return the worth of ``rows`` (m, d), as (m,)."""

    def with_gradient(self, row: FloatArray) -> tuple[float, FloatArray]:
        """Return the worth of one ``row`` (d,), and its gradient (d,) by the coordinates."""


@dataclass(frozen=True)
class LogExpectedImprovement:
    """log E[max(best − m, 0)], m the posterior mean at a row once it has been observed; it is minimised.

    Seen from now m is normal with the mean μ of today and the deviation σ²/√(σ² + noise). Without noise this
    is the plain expected improvement; with it a row next to one that is known well is worth less, since
    another noisy value would hardly move what is believed there. Source: Picheny, Ginsbourger, Richet and
    Caplin, "Quantile-Based Optimization of Noisy Computer Experiments With Tunable Precision", 2013, with the
    quantile 0.5.
    """

    process: GaussianProcess
    best: float

    def __call__(self, rows: FloatArray) -> FloatArray:
        """Return the logarithm at ``rows`` (m, d), as (m,)."""
        mean, deviation = self.process.predict(rows)
        variance = deviation**2
        change = variance / np.sqrt(variance + self.process.hyperparameters.noise)
        return np.log(change) + log_improvement((self.best - mean) / change)

    def with_gradient(self, row: FloatArray) -> tuple[float, FloatArray]:
        """Return the same at one ``row`` (d,), and its gradient (d,) by the coordinates.

        With s = σ²/√(σ² + noise): ds = σ (σ² + 2 noise) / (σ² + noise)^1.5 dσ, and
        d log EI = (φ(z) ds − Φ(z) dμ) / (s h(z)), the quotients taken between logarithms.
        """
        mean, deviation, mean_gradient, deviation_gradient = self.process.predict_with_gradient(row)
        variance, noise = deviation**2, self.process.hyperparameters.noise
        change = variance / math.sqrt(variance + noise)
        slope = deviation * (variance + 2.0 * noise) / (variance + noise) ** 1.5
        z = (self.best - mean) / change
        log_h = float(log_improvement(np.array(z)))
        density = math.exp(-0.5 * z * z - _HALF_LOG_2PI - log_h)
        distribution = math.exp(float(log_ndtr(z)) - log_h)
        gradient = (density * slope * deviation_gradient - distribution * mean_gradient) / change
        return math.log(change) + log_h, gradient


@dataclass(frozen=True)
class NegativeMean:
    """−E[f], whose largest value is the predicted optimum."""

    process: GaussianProcess

    def __call__(self, rows: FloatArray) -> FloatArray:
        """Return it at ``rows`` (m, d), as (m,)."""
        return -self.process.mean(rows)

    def with_gradient(self, row: FloatArray) -> tuple[float, FloatArray]:
        """Return it at one ``row`` (d,), and its gradient (d,) by the coordinates."""
        mean, _, gradient, _ = self.process.predict_with_gradient(row)
        return -mean, -gradient
