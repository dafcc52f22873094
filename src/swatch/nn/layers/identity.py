"""The activation that changes nothing."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from swatch.nn.activation import Activation
from swatch.nn.arrays import Array


class Identity(Activation):
    """y = x; dy/dx = 1: layers without a nonlinearity between them."""

    needs_work: ClassVar[bool] = False

    def puts_out(self, comes_in: str) -> str:
        """Return what comes in."""
        return comes_in

    def apply(self, x: Array, out: Array) -> None:
        """Write x."""
        np.copyto(out, x)

    def multiply_derivative(self, y: Array, grad: Array) -> None:
        """Leave the gradient as it is."""
