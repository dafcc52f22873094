"""The sigmoid-weighted linear unit, also known as swish."""

from __future__ import annotations

import numpy as np

from swatch.nn.activation import Activation
from swatch.nn.arrays import Array, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.module import Shape


class SiLU(Activation):
    """y = x s with s = 1 / (1 + exp(-x)); dy/dx = s + x s (1 - s) = s + y (1 - s).

    Elfwing, Uchibe and Doya, "Sigmoid-Weighted Linear Units for Neural Network Function Approximation in
    Reinforcement Learning" (2017), eq. 4 and 5. s is kept from forward to backward.
    """

    _s: Array

    def setup(self, builder: Builder) -> Shape:
        """Make the work arrays; the shape stays."""
        self._sigmoid = WorkArray(self.input_shape, builder.dtype)
        return super().setup(builder)

    def apply(self, x: Array, out: Array) -> None:
        """Write x s."""
        self._s = s = self._sigmoid(len(x))
        np.multiply(x, 0.5, out=s)
        np.tanh(s, out=s)
        np.multiply(s, 0.5, out=s)
        np.add(s, 0.5, out=s)
        np.multiply(x, s, out=out)

    def multiply_derivative(self, y: Array, grad: Array) -> None:
        """Multiply by s + y (1 - s)."""
        s, derivative = self._s, self._work(len(y))
        np.subtract(1.0, s, out=derivative)
        np.multiply(derivative, y, out=derivative)
        np.add(derivative, s, out=derivative)
        np.multiply(grad, derivative, out=grad)
