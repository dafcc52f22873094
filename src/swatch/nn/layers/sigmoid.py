"""The logistic function."""

from __future__ import annotations

import numpy as np

from swatch.nn.activation import Activation
from swatch.nn.arrays import Array
from swatch.nn.module import PROBABILITIES


class Sigmoid(Activation):
    """y = 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2; dy/dx = y (1 - y).

    The second form cannot overflow.
    """

    def puts_out(self, comes_in: str) -> str:
        """Return ``probabilities``: each output lies in (0, 1)."""
        return PROBABILITIES

    def apply(self, x: Array, out: Array) -> None:
        """Write the sigmoid of x."""
        np.multiply(x, 0.5, out=out)
        np.tanh(out, out=out)
        np.multiply(out, 0.5, out=out)
        np.add(out, 0.5, out=out)

    def multiply_derivative(self, y: Array, grad: Array) -> None:
        """Multiply by y (1 - y)."""
        derivative = self._work(len(y))
        np.multiply(y, y, out=derivative)
        np.subtract(y, derivative, out=derivative)
        np.multiply(grad, derivative, out=grad)
