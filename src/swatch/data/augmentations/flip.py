"""Mirror images left to right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from swatch.data.augmentation import Augmentation
from swatch.errors import UserError


class HorizontalFlip(Augmentation):
    """Mirrors each image with a given probability (A. Krizhevsky et al., 2012, 4.1).

    Args:
        probability: of mirroring an image, in [0, 1].

    Raises:
        UserError: a probability out of range.
    """

    def __init__(self, probability: float = 0.5) -> None:
        if not 0 <= probability <= 1:
            raise UserError(f"probability must lie between 0 and 1, found {probability}")
        self.probability = probability
        self._chosen: NDArray[np.uint8] = np.empty(0, np.uint8)

    def apply(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Mirror a random part of ``images`` (n, height, width, channels) in place."""
        if len(self._chosen) < len(images) or self._chosen.shape[1:] != images.shape[1:]:
            self._chosen = np.empty_like(images)
        rows = np.flatnonzero(rng.random(len(images)) < self.probability)
        chosen = images.take(rows, axis=0, out=self._chosen[: len(rows)], mode="clip")
        images[rows] = chosen[:, :, ::-1]
        return images
