"""What every optimizer is: a formula for vectors, applied in blocks that fit the cache."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.nn.arrays import Array, aligned_zeros
from swatch.nn.parameters import BIAS, SCALE, SHIFT, WEIGHT, Parameters, Segment

# Elements of a block. Its five or so vectors stay in the second-level cache through all passes of a formula;
# much smaller blocks would pay more for the calls than they save.
BLOCK = 65_536


@dataclass(frozen=True)
class _Block:
    part: slice
    decayed: tuple[slice, ...]
    vectors: tuple[Array, ...]
    work: Array


class Optimizer(ABC):
    """Changes all parameters of a network in place, step by step.

    A new one names its state in ``vectors`` and ``first_scalars``, and writes ``prepare`` and ``update``.

    Weight decay is decoupled from the gradient (Loshchilov and Hutter, "Decoupled Weight Decay
    Regularization", 2017, as in torch's AdamW): before its update, every weight is multiplied by
    1 - learning_rate weight_decay. Biases, and the scales and shifts of norms, decay only if asked for: they
    are few, and their size does not make a network any rougher.

    Args:
        learning_rate: finite, at least 0.
        weight_decay: finite, at least 0.
        decay_biases: let biases decay too.
        decay_norms: let the scales and shifts of norms decay too.

    Raises:
        UserError: a value is out of range.
    """

    vectors: ClassVar[tuple[str, ...]] = ()
    """Names of the state vectors; they have the shape of the parameters and start at zero."""
    scheduled: ClassVar[tuple[str, ...]] = ("learning_rate",)
    """The arguments that a schedule may change."""
    workspaces: ClassVar[int] = 1
    """How many blocks of memory ``update`` needs for results in between."""

    def __init__(
        self,
        learning_rate: float,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
        decay_norms: bool = False,
    ) -> None:
        self.learning_rate = not_negative("learning_rate", learning_rate)
        self.weight_decay = not_negative("weight_decay", weight_decay)
        self.decay_biases, self.decay_norms = decay_biases, decay_norms
        self.scalars = self.first_scalars()
        """Numbers that change from step to step."""
        self._size: int | None = None
        self._state: dict[str, Array] = {}
        self._decayed: list[slice] = []
        self._blocks: list[_Block] = []

    def bind(self, parameters: Parameters) -> None:
        """Make the state for a network's parameters, from the beginning."""
        self._size = parameters.size
        self.scalars = self.first_scalars()
        self._state = {name: aligned_zeros(parameters.size, parameters.dtype) for name in self.vectors}
        self._decayed = [part for part, _ in parameters.spans(self._decay_share)] if self.weight_decay else []
        self._cut(parameters.dtype)

    def step(
        self, values: Array, gradients: Array, hyperparameters: Mapping[str, float] | None = None
    ) -> None:
        """Change ``values`` in place.

        Args:
            values: the parameters' flat vector, shape (size,).
            gradients: of the same shape; not changed.
            hyperparameters: this step's values of those in ``scheduled``; the others keep their base values.

        Raises:
            ValueError: the optimizer is not bound to parameters of this size.
        """
        if values.size != self._size:
            raise ValueError(f"the optimizer is bound to {self._size} values, found {values.size}")
        current = self.hyperparameters()
        if hyperparameters:
            current.update(hyperparameters)
        factors = self.prepare(current)
        shrink = 1 - current["learning_rate"] * self.weight_decay
        for block in self._blocks:
            part = values[block.part]
            for decayed in block.decayed:
                np.multiply(part[decayed], shrink, out=part[decayed])
            self.update(part, gradients[block.part], block.vectors, block.work, factors)

    def hyperparameters(self) -> dict[str, float]:
        """Return the base values of what a schedule may change."""
        return {name: getattr(self, name) for name in self.scheduled}

    def first_scalars(self) -> dict[str, float]:
        """Return what ``scalars`` holds before the first step; none, unless a subclass names some."""
        return {}

    @abstractmethod
    def prepare(self, current: Mapping[str, float]) -> tuple[float, ...]:
        """Return the numbers that this step's ``update`` needs, and bring ``scalars`` up to date.

        Args:
            current: the step's values of what is scheduled.
        """

    @abstractmethod
    def update(
        self,
        values: Array,
        gradients: Array,
        vectors: tuple[Array, ...],
        work: Array,
        factors: tuple[float, ...],
    ) -> None:
        """Apply the formula to one block, in place.

        Args:
            values: a block of the parameters; changed.
            gradients: the same block of the gradients; not changed.
            vectors: the same block of each state vector, in the order of the class's ``vectors``; changed.
            work: memory of the same length; of shape (workspaces, length) if there is more than one.
            factors: what ``prepare`` returned.
        """

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that an exact resume needs.

        The vectors are the live ones, which the next step changes: write or copy them at once.
        """
        return {**self._state, **{name: np.asarray(value) for name, value in self.scalars.items()}}

    def load_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take a state that ``state`` returned; ``bind`` comes first.

        Raises:
            ValueError: it belongs to another optimizer or to other parameters.
        """
        if state.keys() != self._state.keys() | self.scalars.keys():
            raise ValueError(
                f"{type(self).__name__} keeps {sorted(self._state.keys() | self.scalars.keys())}, "
                f"found {sorted(state)}"
            )
        for name, vector in self._state.items():
            if state[name].shape != vector.shape:
                raise ValueError(f"'{name}' has {vector.size} elements, found shape {state[name].shape}")
        for name, vector in self._state.items():
            np.copyto(vector, state[name])
        for name in self.scalars:
            self.scalars[name] = float(state[name])

    def _decay_share(self, segment: Segment) -> float:
        decays = {WEIGHT: True, BIAS: self.decay_biases, SCALE: self.decay_norms, SHIFT: self.decay_norms}
        return float(decays.get(segment.role, False))

    def _cut(self, dtype: np.dtype[Any]) -> None:
        """Cut state and decay into blocks."""
        assert self._size is not None
        length = min(BLOCK, self._size)
        work = aligned_zeros(length * self.workspaces, dtype)
        if self.workspaces > 1:
            work = work.reshape(self.workspaces, length)
        self._blocks = []
        for start in range(0, self._size, BLOCK):
            stop = min(start + BLOCK, self._size)
            decayed = [
                slice(max(part.start, start) - start, min(part.stop, stop) - start)
                for part in self._decayed
                if part.start < stop and part.stop > start
            ]
            vectors = tuple(vector[start:stop] for vector in self._state.values())
            self._blocks.append(
                _Block(slice(start, stop), tuple(decayed), vectors, work[..., : stop - start])
            )

    def __getstate__(self) -> dict[str, Any]:
        """Leave the blocks out of copies: they are views of the state."""
        dtype = self._blocks[0].work.dtype if self._blocks else None
        return self.__dict__ | {"_blocks": [], "_dtype": dtype}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Cut the copied state anew."""
        dtype = state.pop("_dtype")
        self.__dict__.update(state)
        if dtype is not None:
            self._cut(dtype)


def not_negative(name: str, value: float) -> float:
    """Return ``value``.

    Raises:
        UserError: it is negative or not finite; the message begins with ``name``.
    """
    if not (math.isfinite(value) and value >= 0):
        raise UserError(f"{name} must be a finite number of at least 0, found {value}")
    return value


def positive(name: str, value: float) -> float:
    """Return ``value``.

    Raises:
        UserError: it is not above 0, or not finite; the message begins with ``name``.
    """
    if not (math.isfinite(value) and value > 0):
        raise UserError(f"{name} must be a finite number above 0, found {value}")
    return value


def fraction(name: str, value: float) -> float:
    """Return ``value``.

    Raises:
        UserError: it is outside [0, 1); the message begins with ``name``.
    """
    if not 0 <= value < 1:
        raise UserError(f"{name} must be in [0, 1), found {value}")
    return value
