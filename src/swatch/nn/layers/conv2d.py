"""The convolution of images."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from swatch.errors import UserError
from swatch.nn import initializers
from swatch.nn.arrays import Array, FixedArray, Part, Parts, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.channels import Channels
from swatch.nn.conv_gradient import ConvGradient
from swatch.nn.geometry import Padding, check_padding, fit_windows, image_size, pair, resolve_padding
from swatch.nn.module import Module, Shape
from swatch.nn.parameters import BIAS, WEIGHT, Segment
from swatch.nn.patches import Patches, choose_block
from swatch.nn.striped_product import StripedProduct


class Conv2d(Module):
    """y[n, i, j, f] = Σ_{a, b, c} x[n, i s + a - p, j s + b - p, c] W[a, b, c, f] + b[f].

    Here s is the stride and p the padding; the field calls it a convolution, mathematics a cross-correlation.
    With the windows of x as the rows of a matrix X, one for every n, i, j, and W as a matrix with a row for
    every a, b, c, this is Y = X W + b. From dL = <G, dY> with G = dL/dY: dL/dW = Xᵀ G, dL/db = Σ_rows G, and
    dL/dX = G Wᵀ, whose elements add up where windows overlap; that sum is a convolution of G again, with the
    kernels turned around (see ``ConvGradient``).

    Args:
        channels: of the output, at least 1; the input's follow from the layer before.
        kernel_size: of a window: one number, or height and width.
        stride: distance of the windows: one number, or vertical and horizontal.
        padding: ``valid`` for none, ``same`` for as much as makes the output ceil(size / stride), or the
            number of zeros on each side: one number, or vertical and horizontal.
        weight_init: name of an initializer of the weights.
        weight_scale: its scale; None takes its usual one.
        bias: whether there is a bias; it starts at zero. Before BatchNorm it does nothing.

    Attributes:
        weight: W, of shape (height, width, input channels, output channels), once built.
        bias: b, of shape (output channels,), if there is one.
        margins: zeros around every image.

    Raises:
        UserError: a value is out of range, or the padding or the initializer is unknown.
    """

    weight: Segment
    bias: Segment
    margins: Padding
    _input: Array

    def __init__(
        self,
        channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: str | int | Sequence[int] = "valid",
        weight_init: str = "he_normal",
        weight_scale: float | None = None,
        bias: bool = True,
    ) -> None:
        if channels < 1:
            raise UserError(f"channels must be at least 1, found {channels}")
        self.channels = channels
        self.kernel_size = pair("kernel_size", kernel_size)
        self.stride = pair("stride", stride)
        self.padding = check_padding(padding)
        self.has_bias = bias
        self._initializer = initializers.by_name(weight_init, weight_scale)

    def setup(self, builder: Builder) -> Shape:
        """Announce W and b.

        Raises:
            UserError: the inputs are not images, or smaller than the kernel.
        """
        size = image_size(self.name, self.input_shape)
        self.margins = margins = resolve_padding(self.padding, size, self.kernel_size, self.stride)
        counts = fit_windows(self.name, self.input_shape, self.kernel_size, self.stride, margins)
        inputs, outputs, area = self.input_shape[2], self.channels, math.prod(self.kernel_size)
        fans = (area * inputs, area * outputs)
        shape = (*self.kernel_size, inputs, outputs)
        self.weight = builder.parameter(self.name, WEIGHT, shape, self._initializer, fans)
        if self.has_bias:
            self.bias = builder.parameter(self.name, BIAS, (outputs,), initializers.by_name("zeros"), fans)
        output_shape = (*counts, outputs)
        dtype = builder.dtype
        self._output = WorkArray(output_shape, dtype)
        self._input_gradient = WorkArray(self.input_shape, dtype)
        self._weight_part = FixedArray((area * inputs, outputs), dtype)
        self._forward_product = StripedProduct(dtype)
        self._weight_product = StripedProduct(dtype, transposed=True)
        self._bias_channels = Channels(output_shape, dtype)
        self._bias_row = FixedArray((self._bias_channels.length,), dtype)
        self._patches = Patches(self.input_shape, self.kernel_size, self.stride, margins, dtype)
        self._differentiated = ConvGradient(
            self.input_shape, outputs, self.kernel_size, self.stride, margins, dtype
        )
        largest = max(self._patches.size, 0 if self.comes_first else self._differentiated.size)
        windows = math.prod(counts)
        self._block = choose_block(largest + windows * outputs, windows, self._weight_part.size)
        self._parts_in, self._parts_out = Parts(self._block), Parts(self._block)
        self._parts_gradient, self._parts_result = Parts(self._block), Parts(self._block)
        return output_shape

    @property
    def multiply_adds(self) -> int:
        """One for every element of every window and every output channel."""
        return self._patches.size * self.channels

    def memory(self, samples: int) -> int:
        """Return the bytes of the results, and of the windows that are worked on at a time."""
        block = min(samples, self._block)
        differentiated = 0 if self.comes_first else self._differentiated.memory(block)
        return super().memory(samples) + self._patches.memory(block) + differentiated

    def forward(self, x: Array, training: bool) -> Array:
        """Return the convolution, shape (n, rows, columns, channels)."""
        self._input = x
        output: Array = self._output(len(x))
        self._forward_product.take(self._matrix(self.weight.view))
        bias = self._bias_row()
        if self.has_bias:
            self._bias_channels.spread(self.bias.view, bias)
        for images, block in zip(self._parts_in(x), self._parts_out(output), strict=True):
            self._forward_product(self._patches.matrix(images.samples), block.rows)
            if self.has_bias:
                rows = self._bias_channels.rows(block.samples)
                np.add(rows, bias, out=rows)
        return output

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Write dL/dW and dL/db; return dL/dx, shape (n, height, width, input channels)."""
        result: Array | None = None
        images, gradients = self._parts_in(self._input), self._parts_gradient(grad_output)
        if input_gradient:
            result = self._input_gradient(len(grad_output))
            self._differentiated.prepare(self.weight.view)
            for image, gradient, target in zip(images, gradients, self._parts_result(result), strict=True):
                self._differentiated.write(gradient.samples, image, target)
        if input_gradient and self._differentiated.is_whole:
            self._differentiated.write_weights(self.weight.gradient)
        else:
            self._write_weights(images, gradients)
        if self.has_bias:
            total = self._bias_row()
            total.fill(0)
            self._bias_channels.add_up(self._bias_channels.rows(grad_output), total)
            self._bias_channels.fold(total, out=self.bias.gradient)
        return result

    def _write_weights(self, images: list[Part], gradients: list[Part]) -> None:
        """Write dL/dW from the windows of the images."""
        total, part = self._matrix(self.weight.gradient), self._weight_part()
        total.fill(0)
        for image, gradient in zip(images, gradients, strict=True):
            self._weight_product.take(gradient.rows)
            self._weight_product(self._patches.matrix(image.samples), part)
            np.add(total, part, out=total)

    def _matrix(self, weight: Array) -> Array:
        """Return the weights or their gradients as (height width inputs, outputs)."""
        return weight.reshape(-1, self.channels)
