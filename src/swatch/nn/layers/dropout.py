"""Dropout."""

from __future__ import annotations

import numpy as np

from swatch.errors import UserError
from swatch.nn.arrays import Array, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.module import Module, Shape


class Dropout(Module):
    """In training, every element is zero with probability p, else divided by 1 - p; else nothing happens.

    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014), in the
    inverted form: the expected output is the input, so that evaluating needs no factor.

    Args:
        probability: p, in [0, 1).

    Raises:
        UserError: ``probability`` is outside [0, 1).
    """

    _applied: Array

    def __init__(self, probability: float) -> None:
        if not 0 <= probability < 1:
            raise UserError(f"dropout must be in [0, 1), found {probability}")
        self.probability = probability
        self._active = False

    def setup(self, builder: Builder) -> Shape:
        """Take a stream of random numbers; the shape stays."""
        if self.probability > 0:
            self._generator = builder.generator(self.name)
        self._output = WorkArray(self.input_shape, builder.dtype)
        self._uniform = WorkArray(self.input_shape, np.float32)
        self._factor = WorkArray(self.input_shape, builder.dtype)
        return self.input_shape

    def puts_out(self, comes_in: str) -> str:
        """Return what comes in."""
        return comes_in

    def forward(self, x: Array, training: bool) -> Array:
        """Return x with some elements dropped, the others larger by as much."""
        self._active = training and self.probability > 0
        if not self._active:
            return x
        samples = len(x)
        uniform, factor = self._uniform(samples), self._factor(samples)
        # float32 in a gradient check, too: the same seed drops the same elements.
        self._generator.random(dtype=np.float32, out=uniform)
        # 1 where the number is above p, else 0; a mask of booleans would be converted in the product.
        np.subtract(uniform, self.probability, out=factor)
        np.ceil(factor, out=factor)
        np.multiply(factor, 1 / (1 - self.probability), out=factor)
        self._applied = factor
        output: Array = self._output(samples)
        np.multiply(x, factor, out=output)
        return output

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Return the gradient with the same elements dropped, computed in place."""
        if not self._active:
            return grad_output
        np.multiply(grad_output, self._applied, out=grad_output)
        return grad_output
