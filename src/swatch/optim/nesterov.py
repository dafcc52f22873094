"""Gradient descent with Nesterov's momentum."""

from __future__ import annotations

import numpy as np

from swatch.nn.arrays import Array
from swatch.optim.momentum import Momentum


class Nesterov(Momentum):
    """v ← μ v + g; θ ← θ - η (g + μ v): the gradient where the momentum will have led.

    Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k²)" (1983), in the
    form of Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013),
    rewritten as in torch so that the gradient is taken at θ itself.

    Args:
        learning_rate: η.
        momentum: μ, in [0, 1).
        weight_decay: decoupled, of weights alone unless the next two say otherwise.
        decay_biases: of biases too.
        decay_norms: of the scales and shifts of norms too.

    Raises:
        UserError: a value is out of range.
    """

    def update(
        self,
        values: Array,
        gradients: Array,
        vectors: tuple[Array, ...],
        work: Array,
        factors: tuple[float, ...],
    ) -> None:
        """Bring the velocity up to date, and follow it and the gradient."""
        (velocity,) = vectors
        momentum, minus_rate = factors
        np.multiply(velocity, momentum, out=velocity)
        np.add(velocity, gradients, out=velocity)
        np.multiply(velocity, momentum, out=work)
        np.add(work, gradients, out=work)
        np.multiply(work, minus_rate, out=work)
        np.add(values, work, out=values)
