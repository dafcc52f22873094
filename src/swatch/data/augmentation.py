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
        mixes: whether it mixes samples with one another, and their labels with them: then ``mix`` is called.
    """

    identity: ClassVar[bool] = False
    mixes: bool = False

    @abstractmethod
    def apply(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Change a batch.

        Args:
            images: uint8, shape (n, height, width, channels), a buffer that may be written.
            rng: made of (seed, epoch, batch) alone, so that a resumed run sees the same images.

        Returns:
            The batch: ``images`` itself or a buffer that the next call reuses.
        """

    def mix(  # noqa: B027 - most augmentations mix nothing
        self, inputs: NDArray[np.float32], shares: NDArray[np.float32], rng: np.random.Generator
    ) -> None:
        """Mix the samples of a batch in place; nothing, unless a subclass does.

        Args:
            inputs: the normalized images, shape (n, height, width, channels).
            shares: the share of every class in each sample, shape (n, classes); one-hot when it comes.
            rng: goes on where ``apply`` has left it.
        """
