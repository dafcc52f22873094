"""Batch normalisation."""

from __future__ import annotations

import numpy as np

from swatch.errors import UserError
from swatch.nn.arrays import Array, FixedArray, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.channels import Channels
from swatch.nn.module import Module, Shape
from swatch.nn.normalization import announce, check_epsilon
from swatch.nn.parameters import Segment


class BatchNorm(Module):
    """y = γ x̂ + β with x̂ = (x - μ) / s, s = √(σ² + ε), for each feature of vectors or channel of images.

    Ioffe and Szegedy, "Batch Normalization" (2015). In training, μ and σ² are the mean and the (biased)
    variance of the m numbers that the batch has of a channel; in evaluation they are running averages.

    With G = dL/dy: dL/dγ = Σ G x̂ and dL/dβ = Σ G. In training μ and σ² depend on every x of the channel, so
    that G loses its mean and its part along x̂: dL/dx = γ/s (G - mean(G) - x̂ mean(G x̂)). In evaluation they
    are constants: dL/dx = γ/s G.

    A batch with one number of each channel has no variance: y = β, and the running variance stays.

    Args:
        momentum: the share of the newest batch in the running averages, in (0, 1]. After each step running =
            (1 - momentum) running + momentum batch's, with the unbiased variance m / (m - 1) σ². As in torch;
            what Keras calls momentum is 1 - momentum.
        epsilon: ε, above 0.

    Raises:
        UserError: a value is out of range.
    """

    _scale: Segment
    _shift: Segment
    _centred: Array
    _result: Array
    _rectifies = False

    def __init__(self, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        if not 0 < momentum <= 1:
            raise UserError(f"momentum must be in (0, 1], found {momentum}")
        self.momentum = momentum
        self.epsilon = check_epsilon(epsilon)
        self._was_training = False

    def setup(self, builder: Builder) -> Shape:
        """Announce γ and β, and the running averages as buffers."""
        features, dtype = self.input_shape[-1], builder.dtype
        self._scale, self._shift = announce(builder, self.name, features)
        self._running_mean = builder.buffer(self.name, "mean", np.zeros(features, dtype))
        self._running_variance = builder.buffer(self.name, "variance", np.ones(features, dtype))
        self._rectifies = False
        self._channels = Channels(self.input_shape, dtype)
        self._output = WorkArray(self.input_shape, dtype)
        self._differences = WorkArray(self.input_shape, dtype)
        self._block = FixedArray((self._channels.block, self._channels.length), dtype)
        self._zeros = WorkArray((self._channels.length,), dtype, fill=0)
        self._rows = FixedArray((3, self._channels.length), dtype)
        self._mean, self._variance, self._inverse, self._factor, self._offset = np.empty((5, features), dtype)
        return self.input_shape

    def rectify(self) -> None:
        """Do from now on what a ReLU behind it would do as well, on numbers that are still in the cache."""
        self._rectifies = True
        self._positive = FixedArray((self._channels.block, self._channels.length), np.bool_)

    def forward(self, x: Array, training: bool) -> Array:
        """Return the normalised batch, shape (n, *input_shape); training updates the running averages."""
        self._was_training = training
        if training:
            self._measure(x)
        else:
            np.copyto(self._variance, self._running_variance)
            self._centre(x, self._running_mean)
        np.add(self._variance, self.epsilon, out=self._inverse)
        np.sqrt(self._inverse, out=self._inverse)
        np.divide(1, self._inverse, out=self._inverse)
        np.multiply(self._scale.view, self._inverse, out=self._factor)
        factor, shift, _ = self._rows()
        self._channels.spread(self._factor, factor)
        self._channels.spread(self._shift.view, shift)
        output: Array = self._output(len(x))
        self._result = rows = self._channels.rows(output)
        for block in self._channels.blocks(len(rows)):
            part = np.multiply(self._centred[block], factor, out=rows[block])
            np.add(part, shift, out=part)
            if self._rectifies:
                np.maximum(part, self._zeros(len(part)), out=part)
        return output

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Write dL/dγ and dL/dβ; return dL/dx, computed in place."""
        channels, centred = self._channels, self._centred
        grad, work = channels.rows(grad_output), self._block()
        along, mean, factor = self._rows()
        along.fill(0)
        mean.fill(0)
        for block in channels.blocks(len(grad)):
            part = grad[block]
            if self._rectifies:
                positive = self._positive()[: len(part)]
                np.greater(self._result[block], self._zeros(len(part)), out=positive)
                np.multiply(part, positive, out=part)
            product = np.multiply(part, centred[block], out=work[: len(part)])
            channels.add_up(product, along)
            channels.add_up(part, mean)
        channels.fold(along, out=self._scale.gradient)
        channels.fold(mean, out=self._shift.gradient)
        np.multiply(self._scale.gradient, self._inverse, out=self._scale.gradient)
        if not input_gradient:
            return None
        channels.spread(self._factor, factor)
        if not self._was_training:
            np.multiply(grad, factor, out=grad)
            return grad_output
        # x̂ mean(G x̂) = (x - μ) mean(G x̂) / s
        share = 1 / channels.samples(len(grad))
        np.multiply(self._scale.gradient, self._inverse, out=self._offset)
        np.multiply(self._offset, share, out=self._offset)
        channels.spread(self._offset, along)
        np.multiply(self._shift.gradient, share, out=self._offset)
        channels.spread(self._offset, mean)
        for block in channels.blocks(len(grad)):
            part = grad[block]
            product = np.multiply(centred[block], along, out=work[: len(part)])
            np.subtract(part, product, out=part)
            np.subtract(part, mean, out=part)
            np.multiply(part, factor, out=part)
        return grad_output

    def _measure(self, x: Array) -> None:
        """Find the mean and the variance of each channel, and keep the differences from the mean."""
        channels, rows = self._channels, self._channels.rows(x)
        count = channels.samples(len(rows))
        total = self._rows()[0]
        total.fill(0)
        for block in channels.blocks(len(rows)):
            channels.add_up(rows[block], total)
        channels.fold(total, out=self._mean)
        np.multiply(self._mean, 1 / count, out=self._mean)
        total.fill(0)
        self._centre(x, self._mean, total)
        channels.fold(total, out=self._variance)
        np.multiply(self._variance, 1 / count, out=self._variance)
        _move(self._running_mean, self._mean, self.momentum, self._offset)
        if count > 1:
            np.multiply(self._variance, count / (count - 1), out=self._factor)
            _move(self._running_variance, self._factor, self.momentum, self._offset)

    def _centre(self, x: Array, mean: Array, squares: Array | None = None) -> None:
        """Keep the differences from the mean, and add their squares up."""
        channels, rows, work = self._channels, self._channels.rows(x), self._block()
        row = self._rows()[1]
        channels.spread(mean, row)
        self._centred = channels.rows(self._differences(len(x)))
        for block in channels.blocks(len(rows)):
            part = np.subtract(rows[block], row, out=self._centred[block])
            if squares is not None:
                channels.add_up(np.multiply(part, part, out=work[: len(part)]), squares)


def _move(average: Array, value: Array, share: float, work: Array) -> None:
    """Move a running average by a share of its distance from a value."""
    np.subtract(value, average, out=work)
    np.multiply(work, share, out=work)
    np.add(average, work, out=average)
