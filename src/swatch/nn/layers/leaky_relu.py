"""The leaky rectified linear unit."""

from __future__ import annotations

import numpy as np

from swatch.nn.activation import Activation
from swatch.nn.arrays import Array

SLOPE = 0.01


class LeakyReLU(Activation):
    """y = max(x, a x) with a = 0.01; dy/dx is 1 where x > 0, else a (also at 0).

    Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models" (2013). As a is
    positive, y has the sign of x, and the derivative follows from y.
    """

    def apply(self, x: Array, out: Array) -> None:
        """Write max(x, a x)."""
        np.multiply(x, SLOPE, out=out)
        np.maximum(x, out, out=out)

    def multiply_derivative(self, y: Array, grad: Array) -> None:
        """Multiply by 1 where y > 0, else by a."""
        derivative = self._work(len(y))
        # 1 or 0, times (1 - a), plus a.
        np.greater(y, 0, out=derivative)
        np.multiply(derivative, 1 - SLOPE, out=derivative)
        np.add(derivative, SLOPE, out=derivative)
        np.multiply(grad, derivative, out=grad)
