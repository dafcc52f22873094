"""He's normal distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def he_normal(
    shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator, scale: float = 1.0
) -> NDArray[np.float64]:
    """Return normal values with standard deviation scale √(2 / fan_in).

    He et al., "Delving Deep into Rectifiers" (2015), eq. 10: it keeps the variance of the signal through
    layers with ReLU, which halves it. Not truncated, as in torch; Keras cuts the tails off.
    """
    return generator.normal(0.0, scale * math.sqrt(2 / fan_in), shape)
