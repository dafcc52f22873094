"""The gradient of a convolution's input, as convolutions of the output's gradient, and with it dL/dW."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from swatch.nn.arrays import Array, FixedArray, Part, WorkArray
from swatch.nn.geometry import Padding, Pair, count_windows
from swatch.nn.module import Shape
from swatch.nn.patches import Patches
from swatch.nn.striped_product import StripedProduct


class _Axis(NamedTuple):
    """One phase of one axis: every ``stride``-th place of the input, and what of the kernel reaches it."""

    inputs: slice
    """The places of the input."""
    taps: slice
    """The kernel's places."""
    before: int
    """Zeros to put in front of the gradient; negative: how many of its places are not needed."""
    after: int
    """The same at its end."""


class _Phase(NamedTuple):
    """The part of the input that is reached by the same places of the kernel."""

    rows: _Axis
    columns: _Axis
    patches: Patches
    kernel: FixedArray
    """The kernel's part, turned around, as a matrix (rows columns outputs, channels)."""
    result: WorkArray
    """The gradient of this part of one image."""
    product: StripedProduct


class ConvGradient:
    """dL/dx of y[o] = Σ_k x[o s + k - p] W[k], for each axis with stride s and padding p.

    Input i was multiplied by W[k] for output o wherever i + p = o s + k. With i + p = q s + a and 0 <= a < s,
    that means k = a + j s and o = q - j: dL/dx[q s + a - p] = Σ_j G[q - j] W[a + j s]. For every phase a this
    is a convolution, of stride 1, of the gradient with every s-th place of the kernel, turned around; no
    product is with a zero that a stride would put in.

    With a stride of 1 there is one phase, and dL/dX = P K, with P the windows of the gradient as rows, one
    for every place of the input, and K the kernel turned around. <G, Y> is linear in X and in K, and it
    equals <X, P K> = <Pᵀ X, K>, so that dL/dK = Pᵀ X: the windows serve twice, and those of the input need
    not be made again.

    Args:
        shape: of one input image, (height, width, channels).
        outputs: channels of the output.
        kernel, stride, padding: of the convolution.
        dtype: type of the elements.
    """

    def __init__(
        self, shape: Shape, outputs: int, kernel: Pair, stride: Pair, padding: Padding, dtype: DTypeLike
    ) -> None:
        height, width, channels = shape
        counts = count_windows((height, width), kernel, stride, padding)
        vertical = _phases(height, counts[0], kernel[0], stride[0], padding.top)
        horizontal = _phases(width, counts[1], kernel[1], stride[1], padding.left)
        self._phases: list[_Phase] = []
        for rows in vertical:
            for columns in horizontal:
                taps = (_length(rows.taps, kernel[0]), _length(columns.taps, kernel[1]))
                margins = Padding(rows.before, rows.after, columns.before, columns.after)
                patches = Patches((*counts, outputs), taps, (1, 1), margins, dtype)
                turned = FixedArray((taps[0] * taps[1] * outputs, channels), dtype)
                result = WorkArray((*patches.counts, channels), dtype)
                self._phases.append(_Phase(rows, columns, patches, turned, result, StripedProduct(dtype)))
        self.is_whole = stride == (1, 1)
        """Whether there is one phase, and dL/dW is found as well."""
        self._turned = FixedArray((kernel[0] * kernel[1] * outputs, channels), dtype)
        self._turned_part = FixedArray(self._turned.shape, dtype)
        self._weight_product = StripedProduct(dtype, transposed=True)
        # A kernel that is smaller than the stride passes over places of the input.
        self._has_gaps = kernel[0] < stride[0] or kernel[1] < stride[1]

    @property
    def size(self) -> int:
        """Elements of the largest matrix that one image needs."""
        return max((phase.patches.size for phase in self._phases), default=0)

    def memory(self, samples: int) -> int:
        """Return the bytes that ``samples`` images at a time take."""
        taken = sum(phase.patches.memory(samples) + phase.kernel.memory(samples) for phase in self._phases)
        if self.is_whole:
            return taken + 2 * self._turned.memory(samples)
        return taken + sum(phase.result.memory(samples) for phase in self._phases)

    def prepare(self, weight: Array) -> None:
        """Take the kernels, (height, width, channels, outputs), for the following calls of ``write``."""
        if self.is_whole:
            self._turned().fill(0)
        for phase in self._phases:
            part = weight[phase.rows.taps, phase.columns.taps][::-1, ::-1].transpose(0, 1, 3, 2)
            np.copyto(phase.kernel().reshape(part.shape), part)
            phase.product.take(phase.kernel())

    def inside(self, samples: int) -> Array:
        """Return where ``finish`` expects the gradient of so many images: for a stride of 1."""
        return self._phases[0].patches.inside(samples)

    def finish(self, images: Part, out: Part) -> None:
        """Do what ``write`` does for a few images whose gradient was written to ``inside``."""
        self._multiply(self._phases[0].patches.gather(len(out.samples)), images, out)

    def write(self, gradient: Array, images: Part, out: Part) -> None:
        """Write dL/dx of a few images and, with a stride of 1, add up dL/dW.

        Args:
            gradient: dL/dy, shape (n, rows, columns, outputs).
            images: x, of shape (n, height, width, channels).
            out: of the same shape.
        """
        if self.is_whole:
            self._multiply(self._phases[0].patches.matrix(gradient), images, out)
            return
        if self._has_gaps:
            out.samples.fill(0)
        for phase in self._phases:
            kernel, windows = phase.kernel(), phase.patches.matrix(gradient)
            result: Array = phase.result(len(gradient))
            phase.product(windows, result.reshape(-1, kernel.shape[1]))
            np.copyto(out.samples[:, phase.rows.inputs, phase.columns.inputs], result)

    def _multiply(self, windows: Array, images: Part, out: Part) -> None:
        phase, total, part = self._phases[0], self._turned(), self._turned_part()
        phase.product(windows, out.rows)
        self._weight_product.take(images.rows)
        self._weight_product(windows, part)
        np.add(total, part, out=total)

    def write_weights(self, out: Array) -> None:
        """Write dL/dW of the images since ``prepare``, (height, width, channels, outputs)."""
        height, width, channels, outputs = out.shape
        turned = self._turned().reshape(height, width, outputs, channels)
        np.copyto(out, turned[::-1, ::-1].transpose(0, 1, 3, 2))


def _phases(size: int, count: int, kernel: int, stride: int, padding: int) -> list[_Axis]:
    """Return the phases of one axis that the kernel reaches.

    Args:
        size: of the input.
        count: of the outputs.
        kernel, stride: of the convolution.
        padding: zeros in front of the input.
    """
    found = []
    for phase in range(min(stride, kernel)):
        first = (phase - padding) % stride
        inputs = len(range(first, size, stride))
        if inputs == 0:
            continue
        taps = len(range(phase, kernel, stride))
        start = (first + padding - phase) // stride
        before, after = taps - 1 - start, start + inputs - count
        found.append(_Axis(slice(first, None, stride), slice(phase, None, stride), before, after))
    return found


def _length(part: slice, size: int) -> int:
    return len(range(*part.indices(size)))
