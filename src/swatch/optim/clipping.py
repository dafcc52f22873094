"""Gradient clipping."""

from __future__ import annotations

import math

import numpy as np

from swatch.errors import UserError
from swatch.nn.arrays import Array


class GradientClipping:
    """Bounds every gradient, then the norm of all of them together.

    By value: g ← max(-v, min(v, g)). By norm: g ← g c / ‖g‖ where the Euclidean norm of the whole gradient is
    above c (Pascanu, Mikolov and Bengio, "On the difficulty of training Recurrent Neural Networks", 2012,
    algorithm 1).

    Args:
        norm: c, above 0; None does not bound the norm.
        value: v, above 0; None does not bound the values.

    Raises:
        UserError: a bound is not above 0.
    """

    def __init__(self, norm: float | None = None, value: float | None = None) -> None:
        for name, bound in (("norm", norm), ("value", value)):
            if bound is not None and not 0 < bound < math.inf:
                raise UserError(f"{name} must be a finite number above 0, found {bound}")
        self.norm, self.value = norm, value

    @property
    def is_active(self) -> bool:
        """Whether there is any bound."""
        return self.norm is not None or self.value is not None

    def clip(self, gradients: Array) -> None:
        """Clip the flat vector of all gradients in place."""
        if self.value is not None:
            np.clip(gradients, -self.value, self.value, out=gradients)
        if self.norm is not None:
            length = _length(gradients)
            if length > self.norm:
                np.multiply(gradients, self.norm / length, out=gradients)


def _length(vector: Array) -> float:
    """Return the Euclidean norm, also where the squares are too large for the vector's type."""
    length = math.sqrt(float(np.dot(vector, vector)))
    if math.isfinite(length):
        return length
    # An infinite norm would make a step of zero of the very gradient that clipping is for.
    return float(np.linalg.norm(vector.astype(np.float64)))
