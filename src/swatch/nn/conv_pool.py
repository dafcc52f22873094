"""A convolution, ReLU and a maximum pool in one."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from swatch.nn.arrays import Array, FixedArray, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.channels import Channels
from swatch.nn.conv_gradient import ConvInputGradient
from swatch.nn.layers.conv2d import Conv2d
from swatch.nn.layers.max_pool2d import MaxPool2d
from swatch.nn.module import Module, Shape
from swatch.nn.patches import Patches, choose_block


class ConvPool(Module):
    """max over windows of (x * W + b), rectified or not: what the three modules compute one after the other.

    The convolution computes the places of each pooling window in different groups of rows ("phases"), so that
    the pool is a maximum of whole blocks: y = max(z_1, ..., z_k), in the order of the window, and a mask says
    where z_i is larger than all before it. Adding the bias and ReLU commute with the maximum: they come after
    it, on fewer numbers. All of it happens to a few images while they are in the cache; what the convolution
    puts out is never kept.

    Backward, the last z_i whose mask is set takes dL/dy: it is the first of the largest. dL/db is the sum of
    dL/dy.

    Args:
        conv: built; ``suits`` says which.
        pool: built on what comes out of ``conv``.
        rectifies: whether there is a ReLU, before or after the pool.
        builder: of the network.
    """

    _input: Array
    _result: Array
    _larger: list[NDArray[np.bool_]]

    def __init__(self, conv: Conv2d, pool: MaxPool2d, rectifies: bool, builder: Builder) -> None:
        self._conv, self._pool, self._rectifies = conv, pool, rectifies
        self.name, self.input_shape = conv.name, conv.input_shape
        self.trainable, self.comes_first = conv.trainable, conv.comes_first
        self.output_shape = self.setup(builder)

    @staticmethod
    def suits(conv: Conv2d, pool: MaxPool2d) -> bool:
        """Return whether the two can be put together.

        The kernel steps by 1, has more than one place, and reaches over every margin into the image; the
        windows of the pool have more than one place, and lie side by side.
        """
        top, bottom, left, right = conv.margins
        height, width = conv.kernel_size
        reaches = max(top, bottom) < height and max(left, right) < width
        return (
            reaches
            and conv.stride == (1, 1) != conv.kernel_size
            and pool.stride == pool.kernel_size != (1, 1)
        )

    def setup(self, builder: Builder) -> Shape:
        """Make the work arrays; the parameters are the convolution's."""
        conv, dtype, window = self._conv, builder.dtype, self._pool.kernel_size
        phases, outputs = math.prod(window), conv.channels
        shape = self._pool.output_shape
        geometry = (self.input_shape, conv.kernel_size, conv.stride, conv.margins)
        self._patches = Patches(*geometry, dtype, window)
        self._differentiated = ConvInputGradient(
            self.input_shape, outputs, conv.kernel_size, conv.stride, conv.margins, dtype
        )
        windows = phases * shape[0] * shape[1]
        largest = max(self._patches.size, 0 if conv.comes_first else self._differentiated.size)
        self._block = choose_block(largest + windows * outputs, windows, math.prod(conv.weight.shape))
        self._convolved = FixedArray((phases * self._block * math.prod(shape),), dtype)
        self._output = WorkArray(shape, dtype)
        self._masks = tuple(WorkArray(shape, np.bool_) for _ in range(phases - 1))
        self._zeros = WorkArray(shape, dtype, fill=0)
        self._positive = WorkArray(shape, np.bool_)
        self._input_gradient = WorkArray(self.input_shape, dtype)
        self._weight_part = FixedArray((self._patches.length, outputs), dtype)
        self._channels = Channels(shape, dtype)
        self._row = FixedArray((self._channels.length,), dtype)
        return shape

    def memory(self, samples: int) -> int:
        """Return the bytes of the results, and of what is worked on at a time."""
        block = min(samples, self._block)
        differentiated = 0 if self.comes_first else self._differentiated.memory(block)
        return super().memory(samples) + self._patches.memory(block) + differentiated

    def forward(self, x: Array, training: bool) -> Array:
        """Return the pooled images, shape (n, rows, columns, channels)."""
        conv = self._conv
        self._input = x
        self._result = output = self._output(len(x))
        self._larger = masks = [mask(len(x)) for mask in self._masks]
        weight = conv.weight.view.reshape(-1, conv.channels)
        bias = self._row()
        if conv.has_bias:
            self._channels.spread(conv.bias.view, bias)
        for part in self._blocks(len(x)):
            y = output[part]
            phases = self._phases(len(y))
            windows = self._patches.matrix(x[part])
            np.matmul(windows, weight, out=phases.reshape(-1, conv.channels))
            largest = phases[0]
            for phase, mask in zip(phases[1:], masks, strict=True):
                np.greater(phase, largest, out=mask[part])
                largest = np.maximum(phase, largest, out=y)
            if conv.has_bias:
                rows = self._channels.rows(y)
                np.add(rows, bias, out=rows)
            if self._rectifies:
                np.maximum(y, self._zeros(len(y)), out=y)
        return output

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Write the gradients of W and b; return dL/dx, shape (n, height, width, input channels)."""
        conv, samples = self._conv, len(grad_output)
        weight_gradient = conv.weight.gradient.reshape(-1, conv.channels)
        bias_gradient, weight_part = self._row(), self._weight_part()
        bias_gradient.fill(0)
        result: Array | None = None
        if input_gradient:
            result = self._input_gradient(samples)
            self._differentiated.prepare(conv.weight.view)
        for part in self._blocks(samples):
            grad = grad_output[part]
            self._rectify(grad, part)
            if conv.has_bias:
                self._channels.add_up(self._channels.rows(grad), bias_gradient)
            phases = self._phases(len(grad))
            self._distribute(grad, [mask[part] for mask in self._larger], phases)
            rows, windows = phases.reshape(-1, conv.channels), self._patches.matrix(self._input[part])
            if part.start == 0:
                np.matmul(windows.T, rows, out=weight_gradient)
            else:
                np.matmul(windows.T, rows, out=weight_part)
                np.add(weight_gradient, weight_part, out=weight_gradient)
            if result is not None:
                self._place(phases)
                self._differentiated.finish(result[part])
        if conv.has_bias:
            self._channels.fold(bias_gradient, out=conv.bias.gradient)
        return result

    def _rectify(self, grad: Array, part: slice) -> None:
        """Take the gradient back through ReLU, in place."""
        if self._rectifies:
            positive = self._positive(len(grad))
            np.greater(self._result[part], self._zeros(len(grad)), out=positive)
            np.multiply(grad, positive, out=grad)

    @staticmethod
    def _distribute(grad: Array, masks: list[NDArray[np.bool_]], phases: Array) -> None:
        """Hand the gradient of each window to the place that was the largest; it is taken off ``grad``."""
        for phase, mask in zip(phases[:0:-1], reversed(masks), strict=True):
            np.multiply(grad, mask, out=phase)
            np.subtract(grad, phase, out=grad)
        np.copyto(phases[0], grad)

    def _place(self, phases: Array) -> None:
        """Put the gradients of all phases to their places in the image."""
        _, samples, rows, columns, channels = phases.shape
        down, aside = self._pool.kernel_size
        inside = self._differentiated.inside(samples)[:, : rows * down, : columns * aside]
        # What a pool leaves over is zero from the start, and never written.
        places = inside.reshape(samples, rows, down, columns, aside, channels).transpose(2, 4, 0, 1, 3, 5)
        np.copyto(places, phases.reshape(down, aside, samples, rows, columns, channels))

    def _phases(self, samples: int) -> Array:
        """Return memory for the convolutions of a few images, (phases, n, rows, columns, channels)."""
        shape = (len(self._masks) + 1, samples, *self.output_shape)
        phases: Array = self._convolved()[: math.prod(shape)].reshape(shape)
        return phases

    def _blocks(self, samples: int) -> Iterator[slice]:
        return (slice(start, start + self._block) for start in range(0, samples, self._block))
