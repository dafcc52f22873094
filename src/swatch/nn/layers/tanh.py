"""The hyperbolic tangent."""

from __future__ import annotations

import numpy as np

from swatch.nn.activation import Activation
from swatch.nn.arrays import Array


class Tanh(Activation):
    """y = tanh(x); dy/dx = 1 - y²."""

    def apply(self, x: Array, out: Array) -> None:
        """Write tanh(x)."""
        np.tanh(x, out=out)

    def multiply_derivative(self, y: Array, grad: Array) -> None:
        """Multiply by 1 - y²."""
        derivative = self._work(len(y))
        np.multiply(y, y, out=derivative)
        np.subtract(1.0, derivative, out=derivative)
        np.multiply(grad, derivative, out=grad)
