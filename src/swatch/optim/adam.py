"""Adam."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from swatch.nn.arrays import Array
from swatch.optim.optimizer import Optimizer, fraction, positive


class Adam(Optimizer):
    """m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; θ ← θ - η m̂ / (√v̂ + ε).

    Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2014), algorithm 1; ε is added to the root of
    the corrected v̂, as in torch. m̂ = m / (1 - Π β₁) and v̂ = v / (1 - β₂ᵗ); the product over the steps is the
    paper's β₁ᵗ when β₁ is constant, and stays right when a schedule cycles it.

    The state is M = m / (1 - β₁) and V = v / (1 - β₂), which saves two passes; all constant factors move into
    numbers. With c = √((1 - β₂) / (1 - β₂ᵗ)), √v̂ = c √V, hence
    θ ← θ - [η (1 - β₁) / ((1 - Π β₁) c)] M / (√V + ε / c). Equal to the formulas above but for rounding.

    Args:
        learning_rate: η.
        beta1: β₁, in [0, 1).
        beta2: β₂, in [0, 1).
        epsilon: ε, above 0.
        weight_decay: decoupled, of weights alone unless the next two say otherwise (with it this is AdamW).
        decay_biases: of biases too.
        decay_norms: of the scales and shifts of norms too.

    Raises:
        UserError: a value is out of range.
    """

    vectors: ClassVar[tuple[str, ...]] = ("first_moment", "second_moment")
    scheduled: ClassVar[tuple[str, ...]] = ("learning_rate", "beta1")

    def __init__(
        self,
        learning_rate: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
        decay_norms: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, decay_biases, decay_norms)
        self.beta1 = fraction("beta1", beta1)
        self.beta2 = fraction("beta2", beta2)
        self.epsilon = positive("epsilon", epsilon)

    def first_scalars(self) -> dict[str, float]:
        """Return the last step's β₁, which does not matter while M is zero, and the empty products."""
        return {"last_beta1": 0.0, "beta1_product": 1.0, "beta2_product": 1.0}

    def prepare(self, current: Mapping[str, float]) -> tuple[float, ...]:
        """Return what multiplies M and V before they grow, ε / c, and minus the factor of the update."""
        beta1, state = current["beta1"], self.scalars
        # M was divided by the last step's 1 - β₁.
        keep = beta1 * (1 - state["last_beta1"]) / (1 - beta1)
        state["last_beta1"] = beta1
        state["beta1_product"] *= beta1
        state["beta2_product"] *= self.beta2
        c = math.sqrt((1 - self.beta2) / (1 - state["beta2_product"]))
        rate = current["learning_rate"] * (1 - beta1) / ((1 - state["beta1_product"]) * c)
        return keep, self.beta2, self.epsilon / c, -rate

    def update(
        self,
        values: Array,
        gradients: Array,
        vectors: tuple[Array, ...],
        work: Array,
        factors: tuple[float, ...],
    ) -> None:
        """Bring both moments up to date and step along their quotient."""
        first, second = vectors
        keep_first, keep_second, epsilon, minus_rate = factors
        np.multiply(first, keep_first, out=first)
        np.add(first, gradients, out=first)
        np.multiply(second, keep_second, out=second)
        np.multiply(gradients, gradients, out=work)
        np.add(second, work, out=second)
        np.sqrt(second, out=work)
        np.add(work, epsilon, out=work)
        np.divide(first, work, out=work)
        np.multiply(work, minus_rate, out=work)
        np.add(values, work, out=values)
