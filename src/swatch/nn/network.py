"""A model made ready to train: built for a shape of inputs, with parameters, buffers and random streams."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from swatch.errors import UserError
from swatch.nn.arrays import Array, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.fusion import fuse
from swatch.nn.module import LOGITS, Module, Shape
from swatch.nn.sequential import Sequential

# Evaluation goes through large batches in parts, so that no layer puts out more elements than this at a time:
# that takes little memory, and the part is still in the cache when the next layer reads it.
EVALUATED_ELEMENTS = 1_048_576
SMALLEST_PART = 16


@dataclass(frozen=True)
class LayerSummary:
    """One row of ``Network.summary``."""

    name: str
    kind: str
    output_shape: Shape
    parameters: int
    """Numbers that are trained."""
    buffers: int
    """Numbers that are saved and not trained."""
    multiply_adds: int
    """Multiplications with an addition in the matrix products of a forward pass, for one sample."""
    memory: int
    """Bytes of work arrays in training with batches of the network's size."""


class Network:
    """A model and everything that training it needs to keep.

    Args:
        model: described, not yet built; it belongs to this network from now on.
        input_shape: shape of one sample, such as (28, 28, 1).
        batch_size: the largest batch it will meet; smaller ones use parts of the same memory.
        seed: of the initial values and of dropout; each takes a stream of its own from it.
        dtype: float32 for training, float64 for gradient checks.
        fused: let modules compute together where that is faster; False runs them one by one.

    Attributes:
        parameters: the flat vectors.
        buffers: arrays that are saved and not trained, by name.
        output_shape: shape of one output sample, such as (10,).
        puts_out: what the outputs are: ``logits``, ``activations`` or ``probabilities``; compare it with what
            the loss expects.

    Raises:
        UserError: a layer does not take what comes to it, ``batch_size`` is below 1, or ``input_shape`` has
            no axis or an empty one.
    """

    def __init__(
        self,
        model: Module,
        input_shape: Shape,
        *,
        batch_size: int,
        seed: np.random.SeedSequence | int,
        dtype: DTypeLike = np.float32,
        fused: bool = True,
    ) -> None:
        if batch_size < 1:
            raise UserError(f"batch_size must be at least 1, found {batch_size}")
        if not input_shape or min(input_shape) < 1:
            raise UserError(f"input_shape must have axes, each of at least 1, found {tuple(input_shape)}")
        self.model = model
        self.input_shape = tuple(input_shape)
        self.batch_size = batch_size
        self.dtype = np.dtype(dtype)
        builder = Builder(seed, self.dtype)
        self.output_shape = model.build(builder, self.input_shape, "")
        self.puts_out = model.puts_out(LOGITS)
        self._replaced = fuse(model, builder) if fused else {}
        builder.finish()
        self.parameters = builder.parameters
        self.buffers = builder.buffers
        self._generators = builder.generators
        self._samples = 0
        self._is_whole = True
        largest = max(math.prod(layer.output_shape) for layer in _layers(model))
        self._part = max(EVALUATED_ELEMENTS // max(largest, 1), SMALLEST_PART)
        self._output = WorkArray(self.output_shape, self.dtype)

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
        self._is_whole = training or samples <= self._part
        return self.model.forward(x, training) if self._is_whole else self._evaluate(x)

    def backward(self, grad_output: Array, input_gradient: bool = False) -> Array | None:
        """Write ``parameters.gradients`` for the batch of the last ``forward``.

        Args:
            grad_output: dL/d(output), shape (n, *output_shape); it may be overwritten.
            input_gradient: also compute dL/d(input), which training has no use for.

        Returns:
            dL/d(input), shape (n, *input_shape), if it was asked for.

        Raises:
            UserError: the shape or the type of ``grad_output`` does not fit the last ``forward``, or that
                evaluated a batch in parts.
        """
        if not self._is_whole:
            raise UserError(
                f"the last forward evaluated {self._samples} samples in parts of {self._part}; "
                "to differentiate, take at most so many, or train"
            )
        if grad_output.shape != (self._samples, *self.output_shape) or grad_output.dtype != self.dtype:
            raise UserError(
                f"the last forward returned {self.dtype} {(self._samples, *self.output_shape)}; "
                f"the gradient is {grad_output.dtype} {grad_output.shape}"
            )
        return self.model.backward(grad_output, input_gradient)

    def _evaluate(self, x: Array) -> Array:
        """Return the model's output for a large batch, one part after another."""
        output: Array = self._output(len(x))
        for start in range(0, len(x), self._part):
            part = slice(start, start + self._part)
            np.copyto(output[part], self.model.forward(x[part], training=False))
        return output

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
        trained: Counter[str] = Counter()
        for segment in self.parameters:
            trained[segment.layer] += segment.size
        untrained: Counter[str] = Counter()
        for name, buffer in self.buffers.items():
            untrained[name.rpartition("/")[0]] += buffer.size
        return [
            LayerSummary(
                name=layer.name,
                kind=type(layer).__name__,
                output_shape=layer.output_shape,
                parameters=trained[layer.name],
                buffers=untrained[layer.name],
                multiply_adds=layer.multiply_adds,
                memory=self._memory(layer),
            )
            for layer in _layers(self.model)
        ]

    def _memory(self, layer: Module) -> int:
        """Return the bytes of a layer's work arrays; the first of several that are fused has those of all."""
        running = self._replaced.get(layer, layer)
        return running.memory(self.batch_size) if running.name == layer.name else 0

    def _refusal(self, x: Array) -> str:
        if x.shape[1:] != self.input_shape:
            return f"the network takes samples of shape {self.input_shape}, found {x.shape[1:]}"
        if x.dtype != self.dtype:
            return f"the network takes {self.dtype}, found {x.dtype}; convert with x.astype({self.dtype})"
        if len(x) == 0:
            return "the network takes batches of at least 1 sample, found an empty one"
        return f"the network was built for batches of at most {self.batch_size} samples, found {len(x)}"


def _layers(module: Module) -> Iterator[Module]:
    """Return the modules in the order of the forward pass, those that only hold others left out."""
    for child in module.children():
        yield from _layers(child)
    if not isinstance(module, Sequential):
        yield module
