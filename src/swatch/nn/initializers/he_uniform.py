"""He's uniform distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def he_uniform(
    shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator, scale: float = 1.0
) -> NDArray[np.float64]:
    """Return uniform values in ±scale √(6 / fan_in); their variance is ``he_normal``'s.

    He et al., "Delving Deep into Rectifiers" (2015), eq. 10: it keeps the variance of the signal through
    layers with ReLU, which halves it.
    """
    limit = scale * math.sqrt(6 / fan_in)
    return generator.uniform(-limit, limit, shape)
