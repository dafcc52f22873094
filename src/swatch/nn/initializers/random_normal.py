"""A normal distribution of the same width for every layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def random_normal(
    shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator, scale: float = 0.05
) -> NDArray[np.float64]:
    """Return normal values with standard deviation ``scale``, whatever the size of the layer."""
    return generator.normal(0.0, scale, shape)
