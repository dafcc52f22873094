"""Activations: functions that are applied to every element."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from swatch.nn.arrays import Array, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.module import ACTIVATIONS, Module, Shape


class Activation(Module):
    """y = f(x), element by element.

    One is added by a file ``layers/<name>.py`` with a subclass of this one; ``model.activation=<name>``
    then finds it.
    """

    needs_work: ClassVar[bool] = True
    """Whether it uses ``_work``, memory for one result in between."""

    _result: Array
    _work: WorkArray

    def setup(self, builder: Builder) -> Shape:
        """Make the work arrays; the shape stays."""
        self._output = WorkArray(self.input_shape, builder.dtype)
        if self.needs_work:
            self._work = WorkArray(self.input_shape, builder.dtype)
        return self.input_shape

    def puts_out(self, comes_in: str) -> str:
        """Return ``activations``."""
        return ACTIVATIONS

    def forward(self, x: Array, training: bool) -> Array:
        """Return f(x)."""
        self._result = self._output(len(x))
        self.apply(x, self._result)
        return self._result

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Return dL/dx = dL/dy f'(x), computed in place."""
        self.multiply_derivative(self._result, grad_output)
        return grad_output

    @abstractmethod
    def apply(self, x: Array, out: Array) -> None:
        """Write f(x) to ``out``; both have the shape (n, *input_shape)."""

    @abstractmethod
    def multiply_derivative(self, y: Array, grad: Array) -> None:
        """Multiply ``grad`` by f' in place, given y = f(x)."""
