"""The Gaussian error linear unit."""

from __future__ import annotations

import math

import numpy as np

from swatch.nn.activation import Activation
from swatch.nn.arrays import Array, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.module import Shape

FACTOR = math.sqrt(2 / math.pi)
CUBIC = 0.044715


class GELU(Activation):
    """y = x (1 + t) / 2 with t = tanh u, u = √(2/π) (x + 0.044715 x³).

    Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016): x times the probability that a standard normal
    variable is below x, in the paper's approximation by tanh (NumPy has no error function; the two differ by
    at most 0.0005). dy/dx = (1 + t) / 2 + x (1 - t²) u' / 2 with u' = √(2/π) (1 + 3 · 0.044715 x²).
    """

    _x: Array
    _t: Array

    def setup(self, builder: Builder) -> Shape:
        """Make the work arrays; the shape stays."""
        self._tanh = WorkArray(self.input_shape, builder.dtype)
        return super().setup(builder)

    def apply(self, x: Array, out: Array) -> None:
        """Write the GELU of x."""
        self._x, self._t = x, self._tanh(len(x))
        t = self._t
        np.multiply(x, x, out=t)
        np.multiply(t, FACTOR * CUBIC, out=t)
        np.add(t, FACTOR, out=t)
        np.multiply(t, x, out=t)
        np.tanh(t, out=t)
        np.add(t, 1, out=out)
        np.multiply(out, 0.5, out=out)
        np.multiply(out, x, out=out)

    def multiply_derivative(self, y: Array, grad: Array) -> None:
        """Multiply by the derivative; y is not needed."""
        x, t, derivative = self._x, self._t, self._work(len(y))
        np.multiply(x, x, out=derivative)
        np.multiply(derivative, 3 * FACTOR * CUBIC, out=derivative)
        np.add(derivative, FACTOR, out=derivative)
        np.multiply(derivative, x, out=derivative)
        # x u' (1 - t²) = x u' (1 - t) (1 + t): the common factor (1 + t) / 2 comes last.
        np.subtract(1, t, out=y)
        np.multiply(derivative, y, out=derivative)
        np.add(derivative, 1, out=derivative)
        np.add(t, 1, out=y)
        np.multiply(derivative, y, out=derivative)
        np.multiply(derivative, 0.5, out=derivative)
        np.multiply(grad, derivative, out=grad)
