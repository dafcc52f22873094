"""Lion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from swatch.nn.arrays import Array
from swatch.optim.optimizer import Optimizer, fraction


class Lion(Optimizer):
    """θ ← θ - η sign(β₁ m + (1 - β₁) g), then m ← β₂ m + (1 - β₂) g.

    Chen et al., "Symbolic Discovery of Optimization Algorithms" (2023), algorithm 2. Every parameter moves by
    exactly η, so that η is some three to ten times smaller than Adam's and weight decay as much larger.
    There is no ε. β₁ only mixes the step; it is no momentum for a schedule to cycle.

    Args:
        learning_rate: η.
        beta1: β₁, in [0, 1).
        beta2: β₂, in [0, 1).
        weight_decay: decoupled, of weights alone unless the next two say otherwise.
        decay_biases: of biases too.
        decay_norms: of the scales and shifts of norms too.

    Raises:
        UserError: a value is out of range.
    """

    vectors: ClassVar[tuple[str, ...]] = ("moment",)

    def __init__(
        self,
        learning_rate: float,
        beta1: float = 0.9,
        beta2: float = 0.99,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
        decay_norms: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, decay_biases, decay_norms)
        self.beta1 = fraction("beta1", beta1)
        self.beta2 = fraction("beta2", beta2)

    def prepare(self, current: Mapping[str, float]) -> tuple[float, ...]:
        """Return (β₁, 1 - β₁, β₂, 1 - β₂, -η)."""
        return self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2, -current["learning_rate"]

    def update(
        self,
        values: Array,
        gradients: Array,
        vectors: tuple[Array, ...],
        work: Array,
        factors: tuple[float, ...],
    ) -> None:
        """Step by the sign of the mixture; the moment as it was goes into it."""
        (moment,) = vectors
        beta1, of_gradient, keep, added, minus_rate = factors
        # β₁ m + (1 - β₁) g has the sign of [β₁ / (1 - β₁)] m + g, one pass less; β₁ = 0 is fine.
        np.multiply(moment, beta1 / of_gradient, out=work)
        np.add(work, gradients, out=work)
        np.sign(work, out=work)
        np.multiply(work, minus_rate, out=work)
        np.add(values, work, out=values)
        np.multiply(gradients, added, out=work)
        np.multiply(moment, keep, out=moment)
        np.add(moment, work, out=moment)
