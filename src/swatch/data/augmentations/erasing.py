"""Erase a random rectangle of each image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from swatch.data.augmentation import Augmentation
from swatch.data.buffer import Buffer
from swatch.errors import UserError


class RandomErasing(Augmentation):
    """With a given probability, a rectangle of an image becomes noise or background.

    Z. Zhong et al., "Random Erasing Data Augmentation" (2017), algorithm 1: its area is a share of the
    image's, uniform between two bounds, its height over its width between 0.3 and 1/0.3. Two things are not
    the paper's: the quotient is log-uniform, as in torchvision, so that no direction is preferred; and a
    rectangle that is longer than the image is cut to fit, instead of drawn again.

    Args:
        probability: of erasing, in [0, 1].
        least: smallest share of the area, in (0, 1].
        largest: largest share, at least ``least``, at most 1.
        noise: fill with random bytes; else with zeros (T. DeVries and G. Taylor's cutout, 2017).

    Raises:
        UserError: a value is out of range.
    """

    ASPECT = 0.3

    def __init__(
        self, probability: float = 0.5, least: float = 0.02, largest: float = 0.4, noise: bool = True
    ) -> None:
        if not 0 <= probability <= 1:
            raise UserError(f"probability must lie between 0 and 1, found {probability}")
        if not 0 < least <= 1:
            raise UserError(f"least must be in (0, 1], found {least}")
        if not least <= largest <= 1:
            raise UserError(f"largest must be in [{least}, 1], found {largest}")
        self.probability, self.least, self.largest, self.noise = probability, least, largest, noise
        self._inside, self._bytes = Buffer(np.bool_), Buffer(np.uint8)

    def apply(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Erase in ``images`` (n, height, width, channels) in place."""
        count, height, width, _ = images.shape
        chance, area, aspect, down, right = rng.random((5, count))
        area = (self.least + (self.largest - self.least) * area) * height * width
        aspect = self.ASPECT ** (2 * aspect - 1)
        tall = np.clip(np.rint(np.sqrt(area * aspect)), 1, height)
        wide = np.clip(np.rint(np.sqrt(area / aspect)), 1, width)
        tall[chance >= self.probability] = 0
        top, left = np.floor(down * (height - tall + 1)), np.floor(right * (width - wide + 1))
        inside = self._inside(count, height, width, 1)
        rows, columns = np.arange(height), np.arange(width)
        in_rows = (rows >= top[:, None]) & (rows < (top + tall)[:, None])
        in_columns = (columns >= left[:, None]) & (columns < (left + wide)[:, None])
        np.logical_and(in_rows[:, :, None, None], in_columns[:, None, :, None], out=inside)
        if self.noise:
            noise = np.frombuffer(rng.bytes(images.size), np.uint8).reshape(images.shape)
            np.copyto(images, noise, where=inside)
        else:
            np.multiply(images, ~inside, out=images)
        return images
