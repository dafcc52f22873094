"""What an augmentation is: a random change of a whole batch of training images at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray


class Augmentation(ABC):
    """Changes training images, never those of validation.

    Attributes:
        identity: True where images come back as they were, so that no random numbers need to be made.
    """

    identity: ClassVar[bool] = False

    @abstractmethod
    def apply(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Change a batch.

        Args:
            images: uint8, shape (n, height, width, channels), a buffer that may be written.
            rng: made of (seed, epoch, batch) alone, so that a resumed run sees the same images.

        Returns:
            The batch: ``images`` itself or a buffer that the next call reuses.
        """
