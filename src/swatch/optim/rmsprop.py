"""RMSprop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from swatch.nn.arrays import Array
from swatch.optim.optimizer import Optimizer, fraction, positive


class RMSprop(Optimizer):
    """v ← ρ v + (1 - ρ) g²; θ ← θ - η g / (√v + ε).

    Hinton, "Neural Networks for Machine Learning", lecture 6e (2012). ε is added to the root, as in torch.

    The state is V = v / (1 - ρ), which saves a pass: with c = √(1 - ρ), √v = c √V, hence
    θ ← θ - (η / c) g / (√V + ε / c).

    Args:
        learning_rate: η.
        rho: ρ, how much of the mean square is kept in every step, in [0, 1).
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
        rho: float = 0.99,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
        decay_norms: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, decay_biases, decay_norms)
        self.rho = fraction("rho", rho)
        self.epsilon = positive("epsilon", epsilon)

    def prepare(self, current: Mapping[str, float]) -> tuple[float, ...]:
        """Return (ρ, ε / c, -η / c)."""
        c = math.sqrt(1 - self.rho)
        return self.rho, self.epsilon / c, -current["learning_rate"] / c

    def update(
        self,
        values: Array,
        gradients: Array,
        vectors: tuple[Array, ...],
        work: Array,
        factors: tuple[float, ...],
    ) -> None:
        """Bring the mean square up to date and step along the gradient divided by its root."""
        (squares,) = vectors
        keep, epsilon, minus_rate = factors
        np.multiply(squares, keep, out=squares)
        np.multiply(gradients, gradients, out=work)
        np.add(squares, work, out=squares)
        np.sqrt(squares, out=work)
        np.add(work, epsilon, out=work)
        np.divide(gradients, work, out=work)
        np.multiply(work, minus_rate, out=work)
        np.add(values, work, out=values)
