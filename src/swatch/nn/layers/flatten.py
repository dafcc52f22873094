"""From images to vectors."""

from __future__ import annotations

import math

from swatch.nn.arrays import Array
from swatch.nn.builder import Builder
from swatch.nn.module import Module, Shape


class Flatten(Module):
    """Every sample as one vector, its elements in C order; nothing is copied."""

    def setup(self, builder: Builder) -> Shape:
        """Return the length of the vector."""
        return (math.prod(self.input_shape),)

    def puts_out(self, comes_in: str) -> str:
        """Return what comes in."""
        return comes_in

    def forward(self, x: Array, training: bool) -> Array:
        """Return x as (n, features)."""
        return x.reshape(len(x), *self.output_shape)

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Return the gradient in the shape of the input."""
        return grad_output.reshape(len(grad_output), *self.input_shape)
