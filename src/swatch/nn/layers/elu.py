"""The exponential linear unit."""

from __future__ import annotations

import numpy as np

from swatch.nn.activation import Activation
from swatch.nn.arrays import Array


class ELU(Activation):
    """y = x where x > 0, else exp(x) - 1; dy/dx is 1 where x > 0, else exp(x) = y + 1.

    Clevert, Unterthiner and Hochreiter, "Fast and Accurate Deep Network Learning by Exponential Linear Units"
    (2015), eq. 15 with α = 1. With x⁻ = min(x, 0): y = max(x, 0) + exp(x⁻) - 1 and dy/dx = min(y, 0) + 1, so
    that nothing overflows and nothing branches.
    """

    def apply(self, x: Array, out: Array) -> None:
        """Write the ELU of x."""
        negative = self._work(len(x))
        np.minimum(x, 0, out=negative)
        np.expm1(negative, out=negative)
        np.maximum(x, 0, out=out)
        np.add(out, negative, out=out)

    def multiply_derivative(self, y: Array, grad: Array) -> None:
        """Multiply by min(y, 0) + 1."""
        derivative = self._work(len(y))
        np.minimum(y, 0, out=derivative)
        np.add(derivative, 1, out=derivative)
        np.multiply(grad, derivative, out=grad)
