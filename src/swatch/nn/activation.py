"""Activations: functions that are applied to every element; found by name."""

from __future__ import annotations

import importlib
import pkgutil
from abc import abstractmethod
from functools import cache
from typing import ClassVar

from swatch.errors import UserError, did_you_mean
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


@cache
def names() -> tuple[str, ...]:
    """Return the names of all activations."""
    package = importlib.import_module("swatch.nn.layers")
    modules = (info.name for info in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(name for name in modules if _class_of(name) is not None))


@cache
def _class_of(name: str) -> type[Activation] | None:
    module_name = f"swatch.nn.layers.{name}"
    for value in vars(importlib.import_module(module_name)).values():
        if isinstance(value, type) and issubclass(value, Activation) and value.__module__ == module_name:
            return value
    return None


def by_name(name: str) -> Activation:
    """Return a new activation.

    Raises:
        UserError: there is none of that name.
    """
    found = _class_of(name) if name in names() else None
    if found is None:
        raise UserError(
            f"activation must be one of {', '.join(names())}, not '{name}'.{did_you_mean(str(name), names())}"
        )
    return found()
