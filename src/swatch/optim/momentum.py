"""Gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from swatch.nn.arrays import Array
from swatch.optim.optimizer import Optimizer, fraction


class Momentum(Optimizer):
    """v ← μ v + g; θ ← θ - η v (the "heavy ball").

    Polyak, "Some methods of speeding up the convergence of iteration methods" (1964), in torch's convention:
    the learning rate η multiplies the velocity, not the gradient, and there is no dampening.

    Args:
        learning_rate: η.
        momentum: μ, in [0, 1).
        weight_decay: decoupled, of weights alone unless the next two say otherwise.
        decay_biases: of biases too.
        decay_norms: of the scales and shifts of norms too.

    Raises:
        UserError: a value is out of range.
    """

    vectors: ClassVar[tuple[str, ...]] = ("velocity",)
    scheduled: ClassVar[tuple[str, ...]] = ("learning_rate", "momentum")

    def __init__(
        self,
        learning_rate: float,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
        decay_norms: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, decay_biases, decay_norms)
        self.momentum = fraction("momentum", momentum)

    def prepare(self, current: Mapping[str, float]) -> tuple[float, ...]:
        """Return (μ, -η)."""
        return current["momentum"], -current["learning_rate"]

    def update(
        self,
        values: Array,
        gradients: Array,
        vectors: tuple[Array, ...],
        work: Array,
        factors: tuple[float, ...],
    ) -> None:
        """Bring the velocity up to date and follow it."""
        (velocity,) = vectors
        momentum, minus_rate = factors
        np.multiply(velocity, momentum, out=velocity)
        np.add(velocity, gradients, out=velocity)
        np.multiply(velocity, minus_rate, out=work)
        np.add(values, work, out=values)
