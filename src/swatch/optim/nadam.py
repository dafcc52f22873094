"""Nadam."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from swatch.nn.arrays import Array
from swatch.optim.adam import Adam


class Nadam(Adam):
    """Adam with Nesterov's momentum: θ ← θ - η [β₁ m / (1 - β₁ᵗ⁺¹) + (1 - β₁) g / (1 - β₁ᵗ)] / (√v̂ + ε).

    Dozat, "Incorporating Nesterov Momentum into Adam" (2016), algorithm 2, with a constant β₁; m and v̂ are
    Adam's, and so are the conventions for ε and for a β₁ that a schedule changes (β₁ᵗ⁺¹ is then the product
    of all until now and the present one again). Keras and torch let β₁ rise over the steps instead, from half
    its value at first, as Dozat's report of the same name proposes, so that their first steps are others.

    With Adam's M = m / (1 - β₁), c and V, the step is -[η (1 - β₁) / c] (a M + b g) / (√V + ε / c) where
    a = β₁ / (1 - β₁ᵗ⁺¹) and b = 1 / (1 - β₁ᵗ).

    Args:
        learning_rate: η.
        beta1: β₁, in [0, 1).
        beta2: β₂, in [0, 1).
        epsilon: ε, above 0.
        weight_decay: decoupled, of weights alone unless the next two say otherwise.
        decay_biases: of biases too.
        decay_norms: of the scales and shifts of norms too.

    Raises:
        UserError: a value is out of range.
    """

    workspaces: ClassVar[int] = 2

    def prepare(self, current: Mapping[str, float]) -> tuple[float, ...]:
        """Return Adam's first three factors, and minus those of M and g."""
        keep_first, keep_second, epsilon, _ = super().prepare(current)
        beta1, product = current["beta1"], self.scalars["beta1_product"]
        c = math.sqrt((1 - self.beta2) / (1 - self.scalars["beta2_product"]))
        rate = current["learning_rate"] * (1 - beta1) / c
        of_moment = rate * beta1 / (1 - product * beta1)
        return keep_first, keep_second, epsilon, -of_moment, -rate / (1 - product)

    def update(
        self,
        values: Array,
        gradients: Array,
        vectors: tuple[Array, ...],
        work: Array,
        factors: tuple[float, ...],
    ) -> None:
        """Bring both moments up to date and step along the mixture of moment and gradient."""
        first, second = vectors
        root, mixture = work
        keep_first, keep_second, epsilon, of_moment, of_gradient = factors
        np.multiply(first, keep_first, out=first)
        np.add(first, gradients, out=first)
        np.multiply(second, keep_second, out=second)
        np.multiply(gradients, gradients, out=root)
        np.add(second, root, out=second)
        np.multiply(first, of_moment, out=mixture)
        np.multiply(gradients, of_gradient, out=root)
        np.add(mixture, root, out=mixture)
        np.sqrt(second, out=root)
        np.add(root, epsilon, out=root)
        np.divide(mixture, root, out=mixture)
        np.add(values, mixture, out=values)
