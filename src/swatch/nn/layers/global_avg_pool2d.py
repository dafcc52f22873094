"""Averages over whole images."""

from __future__ import annotations

import math

import numpy as np

from swatch.nn.arrays import Array, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.geometry import image_size
from swatch.nn.module import Module, Shape


class GlobalAvgPool2d(Module):
    """y = the mean of each channel over the k places of an image; dL/dx = dL/dy / k at each of them.

    Lin, Chen and Yan, "Network in Network" (2013), section 3.2: it takes the place of Flatten, for images of
    any size. The sum is the product with a vector of 1/k.
    """

    def setup(self, builder: Builder) -> Shape:
        """Return the number of channels.

        Raises:
            UserError: the inputs are not images.
        """
        places = math.prod(image_size(self.name, self.input_shape))
        channels = self.input_shape[2]
        self._share = 1 / places
        self._weights = WorkArray((), builder.dtype, fill=self._share)
        self._output = WorkArray((channels,), builder.dtype)
        self._input_gradient = WorkArray((places, channels), builder.dtype)
        return (channels,)

    def puts_out(self, comes_in: str) -> str:
        """Return what comes in."""
        return comes_in

    def forward(self, x: Array, training: bool) -> Array:
        """Return the means, shape (n, channels)."""
        images = x.reshape(len(x), -1, x.shape[-1])
        output: Array = self._output(len(x))
        np.matmul(self._weights(images.shape[1]), images, out=output)
        return output

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Return dL/dx, shape (n, height, width, channels)."""
        if not input_gradient:
            return None
        result: Array = self._input_gradient(len(grad_output))
        np.multiply(grad_output[:, None], self._share, out=result)
        return result.reshape(len(grad_output), *self.input_shape)
