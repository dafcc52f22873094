"""Xavier Glorot's normal distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def xavier_normal(
    shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator, scale: float = 1.0
) -> NDArray[np.float64]:
    """Return normal values with standard deviation scale √(2 / (fan_in + fan_out)).

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010),
    eq. 12: a compromise between keeping the variance forward and backward. Not truncated, as in torch; Keras
    cuts the tails off.
    """
    return generator.normal(0.0, scale * math.sqrt(2 / (fan_in + fan_out)), shape)
