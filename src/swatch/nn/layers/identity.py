"""The activation that changes nothing."""

from __future__ import annotations

import numpy as np

from swatch.nn.activation import Activation
from swatch.nn.arrays import Array


class Identity(Activation):
    """y = x; dy/dx = 1: layers without a nonlinearity between them."""

    def apply(self, x: Array, out: Array) -> None:
        """Write x."""
        np.copyto(out, x)

    def multiply_derivative(self, y: Array, grad: Array) -> None:
        """Leave the gradient as it is."""
