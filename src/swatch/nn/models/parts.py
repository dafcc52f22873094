"""What models are put together from: checked options, and groups of layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from swatch.errors import UserError, did_you_mean
from swatch.nn import activations
from swatch.nn.gain import resolve_scale
from swatch.nn.layers import BatchNorm, Conv2d, Dropout, LayerNorm, Linear
from swatch.nn.module import Module

Value = TypeVar("Value", str, float)

NONE, BATCH, LAYER = "none", "batch", "layer"
NORMS: dict[str, Callable[[], Module]] = {BATCH: BatchNorm, LAYER: LayerNorm}


@dataclass
class Kit:
    """Makes the groups of layers of one model, all of them in the same style, from the input to the output.

    Attributes:
        activation: name of the activation.
        norm: what normalises before every activation: ``none``, ``batch`` or ``layer``. What comes before a
            ``batch`` has no bias, as that would take it off again.
        weight_init: name of the initializer of all weights.
        weight_scale: its scale; None takes the initializer's usual one, ``gain`` that of the activation whose
            outputs come to the layer.
    """

    activation: str = "relu"
    norm: str = NONE
    weight_init: str = "he_normal"
    weight_scale: float | str | None = None
    _before: str = field(default="identity", init=False)
    """The activation behind which the next layer stands."""

    def __post_init__(self) -> None:
        """Refuse unknown names, also where no layer would ask for them."""
        norm(self.norm)
        activations.by_name(self.activation)
        self._scale()

    def output(self, classes: int) -> Linear:
        """Return the last layer, which is not activated."""
        return Linear(classes, self.weight_init, self._scale())

    def hidden(
        self, outputs: int, dropout_probability: float = 0.0, activation: str | None = None
    ) -> list[Module]:
        """Return a hidden layer: fully connected, normalised, activated (None: as usual), dropped out."""
        linear = Linear(outputs, self.weight_init, self._scale(), bias=self.norm != BATCH)
        return [
            linear,
            *norm(self.norm),
            self._activate(activation or self.activation),
            *dropout(dropout_probability),
        ]

    def convolution(
        self, channels: int, kernel_size: int = 3, stride: int = 1, padding: str = "same"
    ) -> list[Module]:
        """Return a convolution, normalised and activated."""
        scale, bias = self._scale(), self.norm != BATCH
        convolution = Conv2d(channels, kernel_size, stride, padding, self.weight_init, scale, bias)
        return [convolution, *norm(self.norm), self._activate(self.activation)]

    def _activate(self, name: str) -> Module:
        self._before = name
        return activations.by_name(name)

    def _scale(self) -> float | None:
        return resolve_scale(self.weight_init, self.weight_scale, self._before)


def sizes(key: str, values: Sequence[int]) -> list[int]:
    """Return numbers of units or channels.

    Raises:
        UserError: one is below 1; the message begins with ``key``.
    """
    for value in values:
        if value < 1:
            raise UserError(f"{key} must be at least 1 each, found {list(values)}")
    return list(values)


def for_each(key: str, value: Value | Sequence[Value], count: int) -> list[Value]:
    """Return one value for each of ``count`` hidden layers, from one for all of them, or a list.

    Raises:
        UserError: the list has another length; the message begins with ``key``.
    """
    if isinstance(value, str | int | float):
        return [value] * count
    if len(value) != count:
        raise UserError(
            f"{key} must be one value, or a list with one for each of the {count} hidden layers, "
            f"found {len(value)}"
        )
    return list(value)


def dropout(probability: float, key: str = "dropout") -> list[Module]:
    """Return a dropout layer, or nothing if nothing is dropped.

    Raises:
        UserError: the probability is outside [0, 1); the message begins with ``key``.
    """
    if not 0 <= probability < 1:
        raise UserError(f"{key} must be in [0, 1), found {probability}")
    return [Dropout(probability)] if probability else []


def norm(name: str) -> list[Module]:
    """Return a normalising layer, or nothing.

    Raises:
        UserError: the name is not ``none``, ``batch`` or ``layer``; the message begins with ``norm``.
    """
    if name == NONE:
        return []
    if name not in NORMS:
        names = (NONE, *NORMS)
        raise UserError(
            f"norm must be one of {', '.join(names)}, not '{name}'.{did_you_mean(str(name), names)}"
        )
    return [NORMS[name]()]
