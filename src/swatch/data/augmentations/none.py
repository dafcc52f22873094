"""No augmentation."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from swatch.data.augmentation import Augmentation


class NoAugmentation(Augmentation):
    """Leaves images as they are."""

    identity: ClassVar[bool] = True

    def apply(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return ``images``."""
        return images
