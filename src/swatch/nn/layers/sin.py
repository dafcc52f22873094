"""The sine."""

from __future__ import annotations

import numpy as np

from swatch.nn.activation import Activation
from swatch.nn.arrays import Array


class Sin(Activation):
    """y = sin x; dy/dx = cos x.

    Sitzmann et al., "Implicit Neural Representations with Periodic Activation Functions" (2020). It has
    neither a sign nor an end: its derivative needs x.
    """

    _x: Array

    def apply(self, x: Array, out: Array) -> None:
        """Write sin(x)."""
        self._x = x
        np.sin(x, out=out)

    def multiply_derivative(self, y: Array, grad: Array) -> None:
        """Multiply by cos(x)."""
        derivative = self._work(len(y))
        np.cos(self._x, out=derivative)
        np.multiply(grad, derivative, out=grad)
