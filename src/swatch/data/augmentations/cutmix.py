"""Paste a rectangle of one image into another, and mix their labels accordingly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from swatch.data.augmentation import Augmentation
from swatch.data.buffer import Buffer
from swatch.errors import UserError


class CutMix(Augmentation):
    """A rectangle of every image comes from another sample; each label counts by its share of the area.

    S. Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features"
    (2019), eq. 1 and 2: the rectangle has the share 1 - λ of the area, λ ~ Beta(α, α), and the image's shape;
    its centre is uniform over the image, and it is cut at the border. λ is then what is left of the image.
    One rectangle for the batch, as in the authors' code; the partners are the batch in a random order.

    Args:
        alpha: α, above 0.
        probability: of mixing a batch at all, in [0, 1].

    Raises:
        UserError: a value is out of range.
    """

    mixes = True

    def __init__(self, alpha: float = 1.0, probability: float = 0.5) -> None:
        if not 0 < alpha < float("inf"):
            raise UserError(f"alpha must be a finite number above 0, found {alpha}")
        if not 0 <= probability <= 1:
            raise UserError(f"probability must lie between 0 and 1, found {probability}")
        self.alpha, self.probability = alpha, probability
        self._patches, self._targets = Buffer(np.float32), Buffer(np.float32)

    def apply(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return ``images``: mixing waits for the normalized inputs."""
        return images

    def mix(self, inputs: NDArray[np.float32], shares: NDArray[np.float32], rng: np.random.Generator) -> None:
        """Paste into ``inputs`` (n, height, width, channels) and mix ``shares`` (n, classes), in place."""
        height, width = inputs.shape[1:3]
        chance, down, right = rng.random(3)
        side = float(np.sqrt(1 - rng.beta(self.alpha, self.alpha)))
        order = rng.permutation(len(inputs))
        if chance >= self.probability:
            return
        rows = _span(down, side, height)
        columns = _span(right, side, width)
        patch = inputs[:, rows, columns]
        np.copyto(patch, np.take(patch, order, axis=0, out=self._patches(*patch.shape), mode="clip"))
        kept = np.float32(1 - patch[0, :, :, 0].size / (height * width))
        partners = shares.take(order, axis=0, out=self._targets(*shares.shape), mode="clip")
        np.multiply(partners, 1 - kept, out=partners)
        np.multiply(shares, kept, out=shares)
        np.add(shares, partners, out=shares)


def _span(centre: float, side: float, length: int) -> slice:
    """Return the pixels that a rectangle covers along one direction."""
    middle, half = int(centre * length), int(side * length / 2 + 0.5)
    return slice(max(middle - half, 0), min(middle + half, length))
