"""Modules with a way around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from swatch.errors import UserError
from swatch.nn.arrays import Array, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.module import Module, Shape
from swatch.nn.sequential import Sequential


class Residual(Module):
    """y = f(x) + g(x), where g is a shortcut, by default x itself.

    He et al., "Deep Residual Learning for Image Recognition" (2015). With G = dL/dy, both summands get G, and
    dL/dx is the sum of what they make of it. Modules may overwrite what they get: one of them gets a copy.

    Args:
        modules: f, in the order of the forward pass; at least one.
        shortcut: g, where f changes the shape: a 1x1 convolution with f's stride, for instance; None is x.

    Raises:
        UserError: ``modules`` or ``shortcut`` is empty, or a module stands in it twice.
    """

    def __init__(self, modules: Sequence[Module], shortcut: Sequence[Module] | None = None) -> None:
        self._body = Sequential(modules)
        self._shortcut = None if shortcut is None else Sequential(shortcut)

    def children(self) -> tuple[Module, ...]:
        """Return f and, if it is not x itself, g."""
        return (self._body,) if self._shortcut is None else (self._body, self._shortcut)

    def setup(self, builder: Builder) -> Shape:
        """Build both ways.

        Raises:
            UserError: what they put out has different shapes.
        """
        shape = self._body.build(builder, self.input_shape, self.name)
        other = self.input_shape
        if self._shortcut is not None:
            other = self._shortcut.build(builder, self.input_shape, f"{self.name}.shortcut")
        if shape != other:
            raise UserError(
                f"{self.name} adds what its modules put out, of shape {shape}, to what its shortcut does, of "
                f"shape {other}; give it a shortcut that changes the shape of its inputs in the same way"
            )
        self._output = WorkArray(shape, builder.dtype)
        self._gradient = WorkArray(shape, builder.dtype)
        self._input_gradient = WorkArray(self.input_shape, builder.dtype)
        return shape

    def forward(self, x: Array, training: bool) -> Array:
        """Return f(x) + g(x)."""
        output: Array = self._output(len(x))
        other = x if self._shortcut is None else self._shortcut.forward(x, training)
        return np.add(self._body.forward(x, training), other, out=output)

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Differentiate both ways; return dL/dx."""
        copied: Array | None = None
        if self._shortcut is not None or input_gradient:
            copied = self._gradient(len(grad_output))
            np.copyto(copied, grad_output)
        gradient = self._body.backward(grad_output, input_gradient)
        if self._shortcut is not None:
            assert copied is not None
            copied = self._shortcut.backward(copied, input_gradient)
        if not input_gradient:
            return None
        assert gradient is not None and copied is not None
        result: Array = self._input_gradient(len(grad_output))
        return np.add(gradient, copied, out=result)
