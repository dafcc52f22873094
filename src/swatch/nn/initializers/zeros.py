"""Zeros."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def zeros(
    shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator, scale: float = 0.0
) -> NDArray[np.float64]:
    """Return zeros: for biases, and for the weights of a model without hidden layers."""
    return np.zeros(shape)
