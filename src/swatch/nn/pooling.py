"""What maximum and average pooling have in common: windows on images, one axis after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from swatch.nn.arrays import Array, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.geometry import fit_windows, pair
from swatch.nn.module import Module, Shape


@dataclass(frozen=True)
class Stage:
    """Pooling along one axis: window i covers the places i stride, ..., i stride + window - 1."""

    axis: int
    window: int
    stride: int
    count: int
    """Number of windows."""
    size: int
    """Number of places."""

    @property
    def overlaps(self) -> bool:
        """Whether a place can be in several windows."""
        return self.stride < self.window

    @property
    def has_gaps(self) -> bool:
        """Whether a place can be in no window."""
        return self.stride > self.window or (self.count - 1) * self.stride + self.window < self.size

    def places(self, batch: Array) -> list[Array]:
        """Return the first place of every window, the second of every window, and so on, as views."""
        reach = (self.count - 1) * self.stride + 1
        before = (slice(None),) * self.axis
        return [batch[(*before, slice(place, place + reach, self.stride))] for place in range(self.window)]


class Pool2d(Module):
    """One number for every window of every channel.

    Both poolings are done along the rows of the image first, then along the columns of what that leaves: with
    k x k windows that takes 2 (k - 1) operations for each number, not k² - 1.
    """

    _input: Array
    _pooled_rows: Array
    _result: Array

    def __init__(
        self, kernel_size: int | Sequence[int] = 2, stride: int | Sequence[int] | None = None
    ) -> None:
        self.kernel_size = pair("kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else pair("stride", stride)

    def setup(self, builder: Builder) -> Shape:
        """Make the work arrays.

        Raises:
            UserError: the inputs are not images, or smaller than the windows.
        """
        counts = fit_windows(self.name, self.input_shape, self.kernel_size, self.stride)
        height, width, channels = self.input_shape
        self._columns = Stage(1, self.kernel_size[0], self.stride[0], counts[0], height)
        self._rows = Stage(2, self.kernel_size[1], self.stride[1], counts[1], width)
        between = (height, counts[1], channels)
        self._between = WorkArray(between, builder.dtype)
        self._between_gradient = WorkArray(between, builder.dtype)
        self._output = WorkArray((*counts, channels), builder.dtype)
        self._input_gradient = WorkArray(self.input_shape, builder.dtype)
        return (*counts, channels)

    def puts_out(self, comes_in: str) -> str:
        """Return what comes in."""
        return comes_in

    def forward(self, x: Array, training: bool) -> Array:
        """Return the pooled images, shape (n, rows, columns, channels)."""
        self._input, self._pooled_rows, self._result = x, self._between(len(x)), self._output(len(x))
        self.pool(self._rows, x, self._pooled_rows)
        self.pool(self._columns, self._pooled_rows, self._result)
        return self._result

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Return dL/dx, shape (n, height, width, channels)."""
        if not input_gradient:
            return None
        samples = len(grad_output)
        gradient, result = self._between_gradient(samples), self._input_gradient(samples)
        self.unpool(self._columns, self._pooled_rows, self._result, grad_output, gradient)
        self.unpool(self._rows, self._input, self._pooled_rows, gradient, result)
        return result

    @abstractmethod
    def pool(self, stage: Stage, x: Array, out: Array) -> None:
        """Write the pooled ``x`` to ``out``."""

    @abstractmethod
    def unpool(self, stage: Stage, x: Array, y: Array, grad: Array, out: Array) -> None:
        """Write dL/dx to ``out``, given x, y = pool(x) and grad = dL/dy, which may be overwritten."""
