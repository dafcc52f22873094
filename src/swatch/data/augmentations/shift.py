"""Move images by whole pixels; what moves in is background."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from swatch.data.augmentation import Augmentation
from swatch.errors import UserError


class Shift(Augmentation):
    """Moves each image by up to ``pixels`` in each direction, uniformly and independently.

    The batch is padded with zeros; each result is the window of the padded image at a random place (the crop
    of K. He et al., "Deep Residual Learning", 2015, 4.2). All windows are gathered by one indexing step.

    Args:
        pixels: largest move, at least 0.

    Raises:
        UserError: a negative number of pixels.
    """

    def __init__(self, pixels: int = 2) -> None:
        if pixels < 0:
            raise UserError(f"pixels must not be negative, found {pixels}")
        self.pixels = pixels
        self._padded: NDArray[np.uint8] = np.zeros((0, 0, 0, 0), np.uint8)
        self._rows: NDArray[np.intp] = np.arange(0)

    def apply(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Move each of ``images`` (n, height, width, channels) in place."""
        count, height, width, channels = images.shape
        border = self.pixels
        shape = (height + 2 * border, width + 2 * border, channels)
        if len(self._padded) < count or self._padded.shape[1:] != shape:
            self._padded = np.zeros((count, *shape), np.uint8)
            self._rows = np.arange(count)
        padded = self._padded[:count]
        padded[:, border : border + height, border : border + width] = images
        windows = sliding_window_view(padded, (height, width, channels), axis=(1, 2, 3))[:, :, :, 0]
        down, right = rng.integers(0, 2 * border + 1, size=(2, count))
        images[:] = windows[self._rows[:count], down, right]
        return images
