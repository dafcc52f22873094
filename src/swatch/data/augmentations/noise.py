"""Add noise to images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from swatch.data.augmentation import Augmentation
from swatch.data.buffer import Buffer
from swatch.errors import UserError


class GaussianNoise(Augmentation):
    """Adds to every pixel a normal number of its own; the result stays between black and white.

    C. Bishop, "Training with Noise is Equivalent to Tikhonov Regularization" (1995).

    Args:
        deviation: standard deviation, as a share of the range from black to white, at least 0.

    Raises:
        UserError: a negative deviation.
    """

    def __init__(self, deviation: float = 0.05) -> None:
        if not 0 <= deviation < float("inf"):
            raise UserError(f"deviation must be a finite number of at least 0, found {deviation}")
        self.deviation = deviation
        self._values = Buffer(np.float32)

    def apply(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Add noise to ``images`` (n, height, width, channels) in place."""
        values = self._values(*images.shape)
        rng.standard_normal(dtype=np.float32, out=values)
        np.multiply(values, 255 * self.deviation, out=values)
        np.add(values, images, out=values)
        np.rint(values, out=values)
        np.clip(values, 0, 255, out=values)
        np.copyto(images, values, casting="unsafe")
        return images
