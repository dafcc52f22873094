"""A model made ready to train: built for a shape of inputs, with parameters, buffers and random streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from swatch.errors import UserError
from swatch.nn.arrays import Array
from swatch.nn.builder import Builder
from swatch.nn.module import Module, Shape


@dataclass(frozen=True)
class LayerSummary:
    """One row of ``Network.summary``."""

    name: str
    kind: str
    output_shape: Shape
    parameters: int


class Network:
    """A model and everything that training it needs to keep.

    Args:
        model: described, not yet built; it belongs to this network from now on.
        input_shape: shape of one sample, such as (28, 28, 1).
        batch_size: the largest batch it will meet; smaller ones use parts of the same memory.
        seed: of the initial values and of dropout; each takes a stream of its own from it.
        dtype: float32 for training, float64 for gradient checks.

    Attributes:
        parameters: the flat vectors.
        buffers: arrays that are saved and not trained, by name.
        output_shape: shape of one output sample, such as (10,).

    Raises:
        UserError: a layer does not take what comes to it, or ``batch_size`` is below 1.
    """

    def __init__(
        self,
        model: Module,
        input_shape: Shape,
        *,
        batch_size: int,
        seed: np.random.SeedSequence | int,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if batch_size < 1:
            raise UserError(f"batch_size must be at least 1, found {batch_size}")
        self.model = model
        self.input_shape = tuple(input_shape)
        self.batch_size = batch_size
        self.dtype = np.dtype(dtype)
        builder = Builder(seed, self.dtype)
        self.output_shape = model.build(builder, self.input_shape, "")
        builder.finish()
        self.parameters = builder.parameters
        self.buffers = builder.buffers
        self._generators = builder.generators
        self._samples = 0

    def forward(self, x: Array, training: bool = False) -> Array:
        """Return the model's output for a batch.

        Args:
            x: shape (n, *input_shape) with 1 <= n <= batch_size; it is not changed.
            training: True for a training step; False evaluates.

        Returns:
            Shape (n, *output_shape), such as logits (n, classes); the next call overwrites it.

        Raises:
            UserError: the shape or the type of ``x`` does not fit.
        """
        samples = len(x)
        if x.shape[1:] != self.input_shape or x.dtype != self.dtype or not 0 < samples <= self.batch_size:
            raise UserError(self._refusal(x))
        self._samples = samples
        return self.model.forward(x, training)

    def backward(self, grad_output: Array, input_gradient: bool = False) -> Array | None:
        """Write ``parameters.gradients`` for the batch of the last ``forward``.

        Args:
            grad_output: dL/d(output), shape (n, *output_shape); it may be overwritten.
            input_gradient: also compute dL/d(input), which training has no use for.

        Returns:
            dL/d(input), shape (n, *input_shape), if it was asked for.

        Raises:
            UserError: the shape or the type of ``grad_output`` does not fit the last ``forward``.
        """
        if grad_output.shape != (self._samples, *self.output_shape) or grad_output.dtype != self.dtype:
            raise UserError(
                f"the last forward returned {self.dtype} {(self._samples, *self.output_shape)}; "
                f"the gradient is {grad_output.dtype} {grad_output.shape}"
            )
        return self.model.backward(grad_output, input_gradient)

    def random_state(self) -> dict[str, Any]:
        """Return the state of every generator of training (dropout), by layer; JSON can hold it."""
        return {name: generator.bit_generator.state for name, generator in self._generators.items()}

    def set_random_state(self, state: Mapping[str, Any]) -> None:
        """Put the generators into the state that ``random_state`` returned.

        Raises:
            ValueError: it is the state of another network.
        """
        if state.keys() != self._generators.keys():
            raise ValueError(f"expected the states of {sorted(self._generators)}, found {sorted(state)}")
        for name, generator in self._generators.items():
            generator.bit_generator.state = state[name]

    def summary(self) -> list[LayerSummary]:
        """Return one row for every layer, in the order of the forward pass."""
        sizes: dict[str, int] = {}
        for segment in self.parameters:
            sizes[segment.layer] = sizes.get(segment.layer, 0) + segment.size
        return [
            LayerSummary(module.name, type(module).__name__, module.output_shape, sizes.get(module.name, 0))
            for module in _leaves(self.model)
        ]

    def _refusal(self, x: Array) -> str:
        if x.shape[1:] != self.input_shape:
            return f"the network takes samples of shape {self.input_shape}, found {x.shape[1:]}"
        if x.dtype != self.dtype:
            return f"the network takes {self.dtype}, found {x.dtype}; convert with x.astype({self.dtype})"
        if len(x) == 0:
            return "the network takes batches of at least 1 sample, found an empty one"
        return f"the network was built for batches of at most {self.batch_size} samples, found {len(x)}"


def _leaves(module: Module) -> Iterator[Module]:
    children = module.children()
    if not children:
        yield module
    for child in children:
        yield from _leaves(child)
