"""The activation that changes nothing."""

from __future__ import annotations

from swatch.nn.activation import Activation
from swatch.nn.arrays import Array
from swatch.nn.builder import Builder
from swatch.nn.module import Shape


class Identity(Activation):
    """y = x: layers without a nonlinearity between them."""

    def setup(self, builder: Builder) -> Shape:
        """Keep the shape; no memory is needed."""
        return self.input_shape

    def forward(self, x: Array, training: bool) -> Array:
        """Return x itself."""
        return x

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Return the gradient itself."""
        return grad_output
