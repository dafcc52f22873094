"""Asking a network twice: about the images, and about their mirror images."""

from __future__ import annotations

import numpy as np

from swatch.nn.arrays import Array
from swatch.nn.network import Network


def forward(network: Network, x: Array, flip_average: bool) -> Array:
    """Return the network's output in evaluation mode, averaged over the images and their mirror images.

    Args:
        network: what is asked.
        x: images of shape (n, height, width, channels).
        flip_average: False asks about the images alone.

    Returns:
        Shape (n, *network.output_shape).
    """
    output = network.forward(x, training=False)
    if not flip_average:
        return output
    # The output is memory that the next forward overwrites.
    total = output.copy()
    total += network.forward(np.ascontiguousarray(x[:, :, ::-1]), training=False)
    total *= 0.5
    return total
