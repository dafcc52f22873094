"""Blend images, and their labels, in pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from swatch.data.augmentation import Augmentation
from swatch.data.buffer import Buffer
from swatch.errors import UserError


class Mixup(Augmentation):
    """x ← λ x + (1 - λ) x', t ← λ t + (1 - λ) t', where x' is another sample of the batch and t its target.

    H. Zhang et al., "mixup: Beyond Empirical Risk Minimization" (2017): λ ~ Beta(α, α), one for the batch as
    in the authors' code; the partners are the batch in a random order.

    Args:
        alpha: α, above 0; small ones mix little.

    Raises:
        UserError: ``alpha`` is not above 0.
    """

    mixes = True

    def __init__(self, alpha: float = 0.2) -> None:
        if not 0 < alpha < float("inf"):
            raise UserError(f"alpha must be a finite number above 0, found {alpha}")
        self.alpha = alpha
        self._partners, self._targets = Buffer(np.float32), Buffer(np.float32)

    def apply(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return ``images``: mixing waits for the normalized inputs."""
        return images

    def mix(self, inputs: NDArray[np.float32], shares: NDArray[np.float32], rng: np.random.Generator) -> None:
        """Blend ``inputs`` (n, height, width, channels) and ``shares`` (n, classes) in place."""
        weight = float(rng.beta(self.alpha, self.alpha))
        order = rng.permutation(len(inputs))
        for values, buffer in ((inputs, self._partners), (shares, self._targets)):
            partners = values.take(order, axis=0, out=buffer(*values.shape), mode="clip")
            np.multiply(partners, np.float32(1 - weight), out=partners)
            np.multiply(values, np.float32(weight), out=values)
            np.add(values, partners, out=values)
