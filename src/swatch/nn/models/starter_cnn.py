"""The convolutional network that courses begin with."""

from __future__ import annotations

from collections.abc import Sequence

from swatch.nn.layers import Flatten
from swatch.nn.models import parts
from swatch.nn.models.parts import Kit
from swatch.nn.module import Module
from swatch.nn.sequential import Sequential


def starter_cnn(
    classes: int,
    channels: int = 10,
    hidden_sizes: Sequence[int] = (64,),
    activation: str = "relu",
    dropout: float = 0.0,
    weight_init: str = "he_normal",
    weight_scale: float | str | None = None,
) -> Sequential:
    """Return one convolution of 3x3 without padding, and fully connected layers; the output is logits.

    Args:
        classes: number of classes.
        channels: of the convolution.
        hidden_sizes: units of every fully connected hidden layer.
        activation: name of the activation.
        dropout: probability of dropping a fully connected hidden unit in training, in [0, 1).
        weight_init: name of the initializer of all weights.
        weight_scale: its scale; None takes the initializer's usual one, ``gain`` that of the activation
            before each layer.

    Raises:
        UserError: a value is out of range, or a name is unknown.
    """
    kit = Kit(activation, weight_init=weight_init, weight_scale=weight_scale)
    modules: list[Module] = [*kit.convolution(channels, padding="valid"), Flatten()]
    for size in parts.sizes("hidden_sizes", hidden_sizes):
        modules += kit.hidden(size, dropout)
    return Sequential([*modules, kit.output(classes)])
