"""Gains: how much wider weights have to be drawn because of the activation before them."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from swatch.errors import UserError
from swatch.nn import activations
from swatch.nn.network import Network
from swatch.nn.sequential import Sequential

GAIN = "gain"
"""The value of ``weight_scale`` that takes the gain of the activation."""

# What an initializer's own formula already holds of a gain: He's 2 / fan_in is ReLU's squared gain.
_INCLUDED = {
    "he_normal": math.sqrt(2),
    "he_uniform": math.sqrt(2),
    "xavier_normal": 1.0,
    "xavier_uniform": 1.0,
    "orthogonal": 1.0,
}

# Where the normal density is below 1e-17, and a grid so fine that the sum is right to eight digits.
_REACH, _POINTS = 8.5, 17_001


@cache
def gain(activation: str) -> float:
    """Return the factor on the next layer's weights that makes up for what an activation f takes away.

    It is 1 / √E[f(z)²] for a standard normal z: sums of f(z) with weights that are wider by it have a mean
    square of 1 again. That is the argument of He et al., "Delving Deep into Rectifiers" (2015), section 2.2,
    for any f: for ReLU it gives √2, for a leaky ReLU √(2 / (1 + a²)), as in the paper, and 1.59 for tanh.

    Args:
        activation: name of the activation.

    Raises:
        UserError: there is none of that name.
    """
    z = np.linspace(-_REACH, _REACH, _POINTS)
    module = Sequential([activations.by_name(activation)])
    network = Network(module, (1,), batch_size=_POINTS, seed=0, dtype=np.float64)
    squares = np.square(network.forward(z[:, np.newaxis])[:, 0])
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return 1 / math.sqrt(float(np.dot(squares, density)) * (z[1] - z[0]))


def resolve_scale(weight_init: str, weight_scale: float | str | None, activation: str) -> float | None:
    """Return the scale of an initializer for weights behind an activation.

    Args:
        weight_init: name of the initializer.
        weight_scale: a number, None for the initializer's usual one, or ``gain``.
        activation: name of the activation whose outputs they multiply; ``identity`` for the first layer.

    Raises:
        UserError: it is another text, or ``gain`` with an initializer that does not look at the layer's size.
    """
    if not isinstance(weight_scale, str):
        return weight_scale
    if weight_scale != GAIN:
        raise UserError(f"weight_scale must be a number, null or '{GAIN}', not '{weight_scale}'")
    if weight_init not in _INCLUDED:
        raise UserError(
            f"weight_scale={GAIN} goes with {', '.join(_INCLUDED)}, which look at the layer's size; "
            f"{weight_init} takes a number"
        )
    return gain(activation) / _INCLUDED[weight_init]
