"""The fully connected layer."""

from __future__ import annotations

import numpy as np

from swatch.errors import UserError
from swatch.nn import initializers
from swatch.nn.arrays import Array, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.module import Module, Shape
from swatch.nn.parameters import BIAS, WEIGHT, Segment
from swatch.nn.products import Product


class Linear(Module):
    """y = x W + b, with x (n, inputs), W (inputs, outputs), b (outputs,).

    From dL = <G, dy> = <G, dx W + x dW + db> with G = dL/dy:
    dL/dW = xᵀ G, dL/db = Σ_n G_n, dL/dx = G Wᵀ. The sum is the product with a vector of ones, which BLAS
    does faster than a reduction.

    Args:
        outputs: length of an output vector, at least 1; the inputs' follows from the layer before.
        weight_init: name of an initializer of the weights.
        weight_scale: its scale; None takes its usual one.
        bias: whether there is a bias; it starts at zero.

    Raises:
        UserError: ``outputs`` is below 1, the initializer is unknown, or its scale is negative.
    """

    _weight: Segment
    _bias: Segment
    _input: Array

    def __init__(
        self,
        outputs: int,
        weight_init: str = "he_normal",
        weight_scale: float | None = None,
        bias: bool = True,
    ) -> None:
        if outputs < 1:
            raise UserError(f"outputs must be at least 1, found {outputs}")
        self.outputs = outputs
        self.has_bias = bias
        self._initializer = initializers.by_name(weight_init, weight_scale)

    def setup(self, builder: Builder) -> Shape:
        """Announce W and b.

        Raises:
            UserError: the inputs are not vectors.
        """
        if len(self.input_shape) != 1:
            raise UserError(
                f"{self.name} takes vectors, and samples of shape {self.input_shape} come to it; "
                "put Flatten before it"
            )
        inputs = self.input_shape[0]
        fans = (inputs, self.outputs)
        self._weight = builder.parameter(self.name, WEIGHT, fans, self._initializer, fans)
        if self.has_bias:
            self._bias = builder.parameter(
                self.name, BIAS, (self.outputs,), initializers.by_name("zeros"), fans
            )
        self._output = WorkArray((self.outputs,), builder.dtype)
        self._input_gradient = WorkArray((inputs,), builder.dtype)
        self._ones = WorkArray((), builder.dtype, fill=1)
        self._forward_product = Product()
        self._weight_product = Product(transposed_left=True)
        self._input_product = Product(transposed_right=True)
        return (self.outputs,)

    @property
    def multiply_adds(self) -> int:
        """One for every weight."""
        return self.input_shape[0] * self.outputs

    def forward(self, x: Array, training: bool) -> Array:
        """Return x W + b, shape (n, outputs)."""
        self._input = x
        output = self._output(len(x))
        self._forward_product(x, self._weight.view, output)
        if self.has_bias:
            np.add(output, self._bias.view, out=output)
        return output

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Write dL/dW and dL/db; return dL/dx, shape (n, inputs)."""
        self._weight_product(self._input, grad_output, self._weight.gradient)
        if self.has_bias:
            np.dot(self._ones(len(grad_output)), grad_output, out=self._bias.gradient)
        if not input_gradient:
            return None
        gradient: Array = self._input_gradient(len(grad_output))
        return self._input_product(grad_output, self._weight.view, gradient)
