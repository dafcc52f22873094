"""A plain convolutional network."""

from __future__ import annotations

from collections.abc import Sequence

from swatch.nn.layers import Flatten, MaxPool2d
from swatch.nn.models import parts
from swatch.nn.models.parts import Kit
from swatch.nn.module import Module
from swatch.nn.sequential import Sequential


def cnn(
    classes: int,
    channels: Sequence[int] = (32, 64),
    hidden_sizes: Sequence[int] = (128,),
    activation: str = "relu",
    norm: str = "none",
    dropout: float = 0.0,
    conv_dropout: float = 0.0,
    weight_init: str = "he_normal",
    weight_scale: float | str | None = None,
) -> Sequential:
    """Return convolutions of 3x3, each halving the image by a pool, and fully connected layers; logits.

    Args:
        classes: number of classes.
        channels: of every convolution, from the input to the output.
        hidden_sizes: units of every fully connected hidden layer.
        activation: name of the activation.
        norm: what normalises before every activation: ``none``, ``batch`` or ``layer``.
        dropout: probability of dropping a fully connected hidden unit in training, in [0, 1).
        conv_dropout: the same for the pixels of the pooled images.
        weight_init: name of the initializer of all weights.
        weight_scale: its scale; None takes the initializer's usual one, ``gain`` that of the activation
            before each layer.

    Raises:
        UserError: a value is out of range, or a name is unknown.
    """
    kit = Kit(activation, norm, weight_init, weight_scale)
    modules: list[Module] = []
    for count in parts.sizes("channels", channels):
        modules += kit.convolution(count)
        modules += [MaxPool2d(2), *parts.dropout(conv_dropout, "conv_dropout")]
    modules.append(Flatten())
    for size in parts.sizes("hidden_sizes", hidden_sizes):
        modules += kit.hidden(size, dropout)
    return Sequential([*modules, kit.output(classes)])
