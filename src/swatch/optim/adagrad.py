"""Adagrad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from swatch.nn.arrays import Array
from swatch.optim.optimizer import Optimizer, positive


class Adagrad(Optimizer):
    """G ← G + g²; θ ← θ - η g / (√G + ε).

    Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization"
    (2011). ε is added to the root, as in torch; G starts at zero.

    Args:
        learning_rate: η.
        epsilon: ε, above 0.
        weight_decay: decoupled, of weights alone unless the next two say otherwise.
        decay_biases: of biases too.
        decay_norms: of the scales and shifts of norms too.

    Raises:
        UserError: a value is out of range.
    """

    vectors: ClassVar[tuple[str, ...]] = ("squares",)

    def __init__(
        self,
        learning_rate: float,
        epsilon: float = 1e-10,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
        decay_norms: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, decay_biases, decay_norms)
        self.epsilon = positive("epsilon", epsilon)

    def prepare(self, current: Mapping[str, float]) -> tuple[float, ...]:
        """Return (ε, -η)."""
        return self.epsilon, -current["learning_rate"]

    def update(
        self,
        values: Array,
        gradients: Array,
        vectors: tuple[Array, ...],
        work: Array,
        factors: tuple[float, ...],
    ) -> None:
        """Add up the squares and step along the gradient divided by their root."""
        (squares,) = vectors
        epsilon, minus_rate = factors
        np.multiply(gradients, gradients, out=work)
        np.add(squares, work, out=squares)
        np.sqrt(squares, out=work)
        np.add(work, epsilon, out=work)
        np.divide(gradients, work, out=work)
        np.multiply(work, minus_rate, out=work)
        np.add(values, work, out=values)
