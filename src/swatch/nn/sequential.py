"""Modules one after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from swatch.errors import UserError
from swatch.nn.arrays import Array
from swatch.nn.builder import Builder
from swatch.nn.module import Module, Shape


class Sequential(Module):
    """The composition f_k(...f_2(f_1(x))); the chain rule goes through it from the end.

    Its modules are named by their class and number: ``conv1`` (of Conv2d), ``relu1``, ``conv2``.

    Args:
        modules: in the order of the forward pass; at least one.

    Raises:
        UserError: ``modules`` is empty, or one of them stands in it twice.
    """

    def __init__(self, modules: Sequence[Module]) -> None:
        if not modules:
            raise UserError("modules must hold at least one module, found none")
        if len({id(module) for module in modules}) < len(modules):
            raise UserError("modules holds the same module twice; make one for each place")
        self._modules = self._steps = tuple(modules)
        self._first_trainable = 0

    def children(self) -> tuple[Module, ...]:
        """Return the modules in the order of the forward pass."""
        return self._modules

    def setup(self, builder: Builder) -> Shape:
        """Build every module for the output of the one before."""
        counts: Counter[str] = Counter()
        shape = self.input_shape
        for module in self._modules:
            kind = type(module).__name__.lower().removesuffix("2d")
            counts[kind] += 1
            prefix = f"{self.name}." if self.name else ""
            shape = module.build(builder, shape, f"{prefix}{kind}{counts[kind]}")
        self.run_instead(self._modules)
        return shape

    def run_instead(self, steps: Sequence[Module]) -> None:
        """Compute with these built modules, which together do what the described ones do."""
        self._steps = tuple(steps)
        trainable = [index for index, module in enumerate(self._steps) if module.trainable]
        self._first_trainable = trainable[0] if trainable else len(self._steps)

    def puts_out(self, comes_in: str) -> str:
        """Return what the last module makes of it."""
        for module in self._modules:
            comes_in = module.puts_out(comes_in)
        return comes_in

    def forward(self, x: Array, training: bool) -> Array:
        """Return the last module's output."""
        for module in self._steps:
            x = module.forward(x, training)
        return x

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Differentiate from the last module to the first, or to the first one that has parameters."""
        lowest = 0 if input_gradient else self._first_trainable
        grad: Array | None = grad_output
        for index in range(len(self._steps) - 1, lowest - 1, -1):
            assert grad is not None
            grad = self._steps[index].backward(grad, input_gradient or index > lowest)
        return grad if input_gradient else None
