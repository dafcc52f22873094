"""A uniform distribution of the same width for every layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def random_uniform(
    shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator, scale: float = 0.05
) -> NDArray[np.float64]:
    """Return uniform values in [-scale, scale), whatever the size of the layer."""
    return generator.uniform(-scale, scale, shape)
