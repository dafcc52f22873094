"""A convolution, ReLU and a maximum pool in one."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from swatch.nn.arrays import Array, FixedArray, Part, Parts, WorkArray, keep
from swatch.nn.builder import Builder
from swatch.nn.channels import Channels
from swatch.nn.conv_gradient import ConvGradient
from swatch.nn.layers.conv2d import Conv2d
from swatch.nn.layers.max_pool2d import MaxPool2d
from swatch.nn.module import Module, Shape
from swatch.nn.patches import Patches, choose_block
from swatch.nn.striped_product import StripedProduct


class _Phases(NamedTuple):
    """Memory for the convolutions of a few images at a time, seen in every way that is needed."""

    each: tuple[Array, ...]
    """Of every phase, (n, rows, columns, channels)."""
    rows: Array
    """All of them as a matrix, (phases n rows columns, channels)."""
    apart: Array
    """(vertical phases, horizontal phases, n, rows, columns, channels)."""


class _Block(NamedTuple):
    """What belongs to a few of the images of a batch."""

    part: slice
    output: Array
    output_rows: Array
    masks: tuple[NDArray[np.bool_], ...]
    zeros: Array
    positive: NDArray[np.bool_]
    phases: _Phases


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
        self._differentiated = ConvGradient(
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
        self._forward_product = StripedProduct(dtype)
        self._weight_product = StripedProduct(dtype, transposed=True)
        self._channels = Channels(shape, dtype)
        self._row = FixedArray((self._channels.length,), dtype)
        self._kept: dict[int, tuple[Array, list[_Block]]] = {}
        self._parts_in, self._parts_gradient = Parts(self._block), Parts(self._block)
        self._parts_result = Parts(self._block)
        return shape

    def memory(self, samples: int) -> int:
        """Return the bytes of the results, and of what is worked on at a time."""
        block = min(samples, self._block)
        differentiated = 0 if self.comes_first else self._differentiated.memory(block)
        return super().memory(samples) + self._patches.memory(block) + differentiated

    def forward(self, x: Array, training: bool) -> Array:
        """Return the pooled images, shape (n, rows, columns, channels)."""
        conv = self._conv
        self._input, self._result = x, self._output(len(x))
        self._larger = [mask(len(x)) for mask in self._masks]
        self._forward_product.take(conv.weight.view.reshape(-1, conv.channels))
        bias = self._row()
        if conv.has_bias:
            self._channels.spread(conv.bias.view, bias)
        for part, y, rows, masks, zeros, _, phases in self._blocks(len(x)):
            self._forward_product(self._patches.matrix(x[part]), phases.rows)
            largest, *others = phases.each
            for phase, mask in zip(others, masks, strict=True):
                np.greater(phase, largest, out=mask)
                largest = np.maximum(phase, largest, out=y)
            if conv.has_bias:
                np.add(rows, bias, out=rows)
            if self._rectifies:
                np.maximum(y, zeros, out=y)
        return self._result

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Write the gradients of W and b; return dL/dx, shape (n, height, width, input channels)."""
        conv, samples = self._conv, len(grad_output)
        weight_gradient, weight_part = conv.weight.gradient.reshape(-1, conv.channels), self._weight_part()
        bias_gradient = self._row()
        bias_gradient.fill(0)
        result: Array | None = None
        targets: list[Part] = []
        if input_gradient:
            result = self._input_gradient(samples)
            targets = self._parts_result(result)
            self._differentiated.prepare(conv.weight.view)
        else:
            weight_gradient.fill(0)
        images, gradients = self._parts_in(self._input), self._parts_gradient(grad_output)
        for number, block in enumerate(self._blocks(samples)):
            _, y, _, masks, zeros, positive, phases = block
            grad, image = gradients[number].samples, images[number]
            if self._rectifies:
                np.greater(y, zeros, out=positive)
                np.multiply(grad, positive, out=grad)
            if conv.has_bias:
                self._channels.add_up(self._channels.rows(grad), bias_gradient)
            self._distribute(grad, masks, phases.each)
            if result is None:
                self._weight_product.take(phases.rows)
                self._weight_product(self._patches.matrix(image.samples), weight_part)
                np.add(weight_gradient, weight_part, out=weight_gradient)
            else:
                np.copyto(self._places(len(grad)), phases.apart)
                self._differentiated.finish(image, targets[number])
        if result is not None:
            self._differentiated.write_weights(conv.weight.gradient)
        if conv.has_bias:
            self._channels.fold(bias_gradient, out=conv.bias.gradient)
        return result

    @staticmethod
    def _distribute(grad: Array, masks: tuple[NDArray[np.bool_], ...], phases: tuple[Array, ...]) -> None:
        """Hand the gradient of each window to the place that was the largest; it is taken off ``grad``."""
        for phase, mask in zip(phases[:0:-1], reversed(masks), strict=True):
            np.multiply(grad, mask, out=phase)
            np.subtract(grad, phase, out=grad)
        np.copyto(phases[0], grad)

    def _places(self, samples: int) -> Array:
        """Return where in the image the gradients of all phases belong, of the shape of ``_Phases.apart``."""
        rows, columns, channels = self.output_shape
        down, aside = self._pool.kernel_size
        inside = self._differentiated.inside(samples)[:, : rows * down, : columns * aside]
        # What a pool leaves over is zero from the start, and never written.
        return inside.reshape(samples, rows, down, columns, aside, channels).transpose(2, 4, 0, 1, 3, 5)

    def _blocks(self, samples: int) -> list[_Block]:
        """Return the blocks of a batch; they are kept, as cutting them takes as long as a small product."""
        kept = self._kept.get(samples)
        if kept is None or kept[0] is not self._result:
            parts = (slice(start, start + self._block) for start in range(0, samples, self._block))
            kept = keep(self._kept, samples, (self._result, [self._cut(part) for part in parts]))
        return kept[1]

    def _cut(self, part: slice) -> _Block:
        output = self._result[part]
        count, window = len(output), self._pool.kernel_size
        phases = self._convolved()[: math.prod(window) * output.size].reshape(-1, *output.shape)
        return _Block(
            part,
            output,
            self._channels.rows(output),
            tuple(mask[part] for mask in self._larger),
            self._zeros(count),
            self._positive(count),
            _Phases(
                tuple(phases),
                phases.reshape(-1, output.shape[-1]),
                phases.reshape(*window, *output.shape),
            ),
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leave the views out of copies: a copied view would be an array of its own."""
        return self.__dict__ | {"_kept": {}}
