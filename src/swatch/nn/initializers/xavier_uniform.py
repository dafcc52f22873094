"""Xavier Glorot's uniform distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def xavier_uniform(
    shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator, scale: float = 1.0
) -> NDArray[np.float64]:
    """Return uniform values in ±scale √(6 / (fan_in + fan_out)); their variance is ``xavier_normal``'s.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010),
    eq. 16: a compromise between keeping the variance forward and backward.
    """
    limit = scale * math.sqrt(6 / (fan_in + fan_out))
    return generator.uniform(-limit, limit, shape)
