"""What models are put together from: checked options, and groups of layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from swatch.errors import UserError, did_you_mean
from swatch.nn import activation as activations
from swatch.nn.layers import BatchNorm, Conv2d, Dropout, LayerNorm, Linear
from swatch.nn.module import Module

Value = TypeVar("Value", str, float)

NONE, BATCH, LAYER = "none", "batch", "layer"
NORMS: dict[str, Callable[[], Module]] = {BATCH: BatchNorm, LAYER: LayerNorm}


@dataclass(frozen=True)
class Kit:
    """Makes the groups of layers of one model, all of them in the same style.

    Attributes:
        activation: name of the activation.
        norm: what normalises before every activation: ``none``, ``batch`` or ``layer``. What comes before a
            ``batch`` has no bias, as that would take it off again.
        weight_init: name of the initializer of all weights.
        weight_scale: its scale; None takes the initializer's usual one.
    """

    activation: str = "relu"
    norm: str = NONE
    weight_init: str = "he_normal"
    weight_scale: float | None = None

    def __post_init__(self) -> None:
        """Refuse unknown names, also where no layer would ask for them."""
        norm(self.norm)
        activations.by_name(self.activation)

    def linear(self, outputs: int, *, bias: bool = True) -> Linear:
        """Return a fully connected layer alone."""
        return Linear(outputs, self.weight_init, self.weight_scale, bias)

    def hidden(self, outputs: int, dropout_probability: float = 0.0) -> list[Module]:
        """Return a hidden layer: fully connected, normalised, activated, dropped out."""
        return [
            self.linear(outputs, bias=self.norm != BATCH),
            *norm(self.norm),
            activations.by_name(self.activation),
            *dropout(dropout_probability),
        ]

    def convolution(
        self, channels: int, kernel_size: int = 3, stride: int = 1, *, activated: bool = True
    ) -> list[Module]:
        """Return a convolution with ``same`` padding: convolved, normalised and, unless told, activated."""
        bias = self.norm != BATCH
        return [
            Conv2d(channels, kernel_size, stride, "same", self.weight_init, self.weight_scale, bias),
            *norm(self.norm),
            *([activations.by_name(self.activation)] if activated else []),
        ]


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
