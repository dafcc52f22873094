"""Several augmentations, one after the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from swatch.data.augmentation import Augmentation
from swatch.errors import UserError


class Chain(Augmentation):
    """The composition of augmentations, in their order.

    Args:
        steps: the augmentations by names of the user's choice, under which their values can be overridden
            (``augmentation.steps.shift.pixels=3``).

    Raises:
        UserError: there are none, or one of them is no augmentation.
    """

    def __init__(self, steps: Mapping[str, Augmentation]) -> None:
        if not steps:
            raise UserError("steps must hold at least one augmentation; augmentation=none has none")
        for name, step in steps.items():
            if not isinstance(step, Augmentation):
                raise UserError(f"steps.{name} must be an augmentation (with a _target_), not {step!r}")
        self._steps = tuple(steps.values())
        self.mixes = any(step.mixes for step in self._steps)

    def apply(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Apply each step to what the one before has made."""
        for step in self._steps:
            images = step.apply(images, rng)
        return images

    def mix(self, inputs: NDArray[np.float32], shares: NDArray[np.float32], rng: np.random.Generator) -> None:
        """Mix with each step that does."""
        for step in self._steps:
            step.mix(inputs, shares, rng)
