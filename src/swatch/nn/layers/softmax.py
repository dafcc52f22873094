"""The softmax as a layer of its own."""

from __future__ import annotations

import numpy as np

from swatch.nn.arrays import Array, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.module import PROBABILITIES, Module, Shape


class Softmax(Module):
    """y_c = exp x_c / Σ_k exp x_k, over the last axis; the maximum is taken off first, against overflow.

    dy_c/dx_k = y_c ([c = k] - y_k), hence dL/dx = y (G - Σ_c G_c y_c) with G = dL/dy: a product with the
    Jacobian that never forms it.

    It is for losses that expect probabilities. Cross-entropy expects logits, as it holds a softmax of its
    own: together the two are faster, and exact where a probability rounds to zero.
    """

    _result: Array

    def setup(self, builder: Builder) -> Shape:
        """Make the work arrays; the shape stays."""
        self._output = WorkArray(self.input_shape, builder.dtype)
        self._product = WorkArray(self.input_shape, builder.dtype)
        self._sum = WorkArray((*self.input_shape[:-1], 1), builder.dtype)
        return self.input_shape

    def puts_out(self, comes_in: str) -> str:
        """Return ``probabilities``."""
        return PROBABILITIES

    def forward(self, x: Array, training: bool) -> Array:
        """Return the probabilities, shape (n, *input_shape)."""
        self._result = result = self._output(len(x))
        total = self._sum(len(x))
        np.maximum.reduce(x, axis=-1, keepdims=True, out=total)
        np.subtract(x, total, out=result)
        np.exp(result, out=result)
        np.add.reduce(result, axis=-1, keepdims=True, out=total)
        np.divide(result, total, out=result)
        return result

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Return dL/dx, computed in place."""
        samples = len(grad_output)
        product, total = self._product(samples), self._sum(samples)
        np.multiply(grad_output, self._result, out=product)
        np.add.reduce(product, axis=-1, keepdims=True, out=total)
        np.subtract(grad_output, total, out=grad_output)
        np.multiply(grad_output, self._result, out=grad_output)
        return grad_output
