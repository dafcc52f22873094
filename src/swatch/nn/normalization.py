"""What the normalising layers have in common."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.nn import initializers
from swatch.nn.builder import Builder
from swatch.nn.parameters import SCALE, SHIFT, Segment


def announce(builder: Builder, layer: str, channels: int) -> tuple[Segment, Segment]:
    """Announce the factor γ, which starts at 1, and the summand β, which starts at 0, of each channel."""
    shape, fans = (channels,), (1, 1)
    return (
        builder.parameter(layer, SCALE, shape, _ones, fans),
        builder.parameter(layer, SHIFT, shape, initializers.by_name("zeros"), fans),
    )


def check_epsilon(epsilon: float) -> float:
    """Return ``epsilon``.

    Raises:
        UserError: it is not above 0, or not finite.
    """
    if not (math.isfinite(epsilon) and epsilon > 0):
        raise UserError(f"epsilon must be a finite number above 0, found {epsilon}")
    return epsilon


def _ones(
    shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    return np.ones(shape)
