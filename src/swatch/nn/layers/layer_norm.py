"""Layer normalisation."""

from __future__ import annotations

import numpy as np

from swatch.nn.arrays import Array, FixedArray, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.channels import Channels
from swatch.nn.module import Module, Shape
from swatch.nn.normalization import announce, check_epsilon
from swatch.nn.parameters import Segment


class LayerNorm(Module):
    """y = γ x̂ + β with x̂ = (x - μ) / s, s = √(σ² + ε), over the last axis.

    Ba, Kiros and Hinton, "Layer Normalization" (2016). μ and σ² are the mean and the (biased) variance of the
    features of one vector, or of the channels at one position of an image; γ and β belong to the features. It
    does the same in training and in evaluation, whatever else is in the batch.

    With G = dL/dy and H = γ G: dL/dγ = Σ G x̂, dL/dβ = Σ G, and, as μ and σ² depend on every feature,
    dL/dx = (H - mean(H) - x̂ mean(H x̂)) / s.

    Args:
        epsilon: ε, above 0.

    Raises:
        UserError: ``epsilon`` is out of range.
    """

    _scale: Segment
    _shift: Segment
    _normalised: Array
    _inverse: Array

    def __init__(self, epsilon: float = 1e-5) -> None:
        self.epsilon = check_epsilon(epsilon)

    def setup(self, builder: Builder) -> Shape:
        """Announce γ and β."""
        features, dtype = self.input_shape[-1], builder.dtype
        self._scale, self._shift = announce(builder, self.name, features)
        self._channels = Channels(self.input_shape, dtype)
        self._output = WorkArray(self.input_shape, dtype)
        self._x_hat = WorkArray(self.input_shape, dtype)
        self._work = WorkArray(self.input_shape, dtype)
        # One number for every position of every sample.
        self._inverses = WorkArray((*self.input_shape[:-1], 1), dtype)
        self._means = WorkArray((*self.input_shape[:-1], 1), dtype)
        self._share = WorkArray((), dtype, fill=1 / features)
        self._rows = FixedArray((2, self._channels.length), dtype)
        return self.input_shape

    def forward(self, x: Array, training: bool) -> Array:
        """Return the normalised batch, shape (n, *input_shape)."""
        samples = len(x)
        self._normalised, self._inverse = self._x_hat(samples), self._inverses(samples)
        mean, work, output = self._means(samples), self._work(samples), self._output(samples)
        self._average(x, mean)
        np.subtract(x, mean, out=self._normalised)
        np.multiply(self._normalised, self._normalised, out=work)
        self._average(work, self._inverse)
        np.add(self._inverse, self.epsilon, out=self._inverse)
        np.sqrt(self._inverse, out=self._inverse)
        np.divide(1, self._inverse, out=self._inverse)
        np.multiply(self._normalised, self._inverse, out=self._normalised)
        scale, shift = self._rows()
        self._channels.spread(self._scale.view, scale)
        self._channels.spread(self._shift.view, shift)
        rows = self._channels.rows(output)
        np.multiply(self._channels.rows(self._normalised), scale, out=rows)
        np.add(rows, shift, out=rows)
        return output

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Write dL/dγ and dL/dβ; return dL/dx, computed in place."""
        samples, channels = len(grad_output), self._channels
        grad, work, mean = channels.rows(grad_output), self._work(samples), self._means(samples)
        for segment, rows in (
            (self._shift, grad),
            (self._scale, channels.rows(np.multiply(grad_output, self._normalised, out=work))),
        ):
            total = self._rows()[0]
            total.fill(0)
            channels.add_up(rows, total)
            channels.fold(total, out=segment.gradient)
        if not input_gradient:
            return None
        scale = self._rows()[0]
        channels.spread(self._scale.view, scale)
        np.multiply(grad, scale, out=grad)
        np.multiply(grad_output, self._normalised, out=work)
        self._average(work, mean)
        np.multiply(self._normalised, mean, out=work)
        self._average(grad_output, mean)
        np.subtract(grad_output, work, out=grad_output)
        np.subtract(grad_output, mean, out=grad_output)
        np.multiply(grad_output, self._inverse, out=grad_output)
        return grad_output

    def _average(self, x: Array, out: Array) -> None:
        """Write the mean over the last axis: the product with a vector of 1/k."""
        np.matmul(x, self._share(x.shape[-1]), out=out[..., 0])
