"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from swatch.nn.arrays import Array
from swatch.optim.optimizer import Optimizer


class SGD(Optimizer):
    """θ ← θ - η g, with the learning rate η and the gradient g of the batch.

    Robbins and Monro, "A Stochastic Approximation Method" (1951).

    Args:
        learning_rate: η.
        weight_decay: decoupled, of weights alone unless the next two say otherwise.
        decay_biases: of biases too.
        decay_norms: of the scales and shifts of norms too.

    Raises:
        UserError: a value is negative or not finite.
    """

    def prepare(self, current: Mapping[str, float]) -> tuple[float, ...]:
        """Return (-η,)."""
        return (-current["learning_rate"],)

    def update(
        self,
        values: Array,
        gradients: Array,
        vectors: tuple[Array, ...],
        work: Array,
        factors: tuple[float, ...],
    ) -> None:
        """Add -η g."""
        np.multiply(gradients, factors[0], out=work)
        np.add(values, work, out=values)
