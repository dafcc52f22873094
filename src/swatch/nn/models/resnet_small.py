"""A small residual network."""

from __future__ import annotations

from collections.abc import Sequence

from swatch.errors import UserError
from swatch.nn.layers import GlobalAvgPool2d, MaxPool2d, Residual
from swatch.nn.models import parts
from swatch.nn.models.parts import Kit
from swatch.nn.module import Module
from swatch.nn.sequential import Sequential


def resnet_small(
    classes: int,
    channels: Sequence[int] = (24, 48, 96),
    blocks: int = 1,
    activation: str = "relu",
    dropout: float = 0.0,
    weight_init: str = "he_normal",
    weight_scale: float | str | None = None,
) -> Sequential:
    """Return a residual network for small images and one processor core; the output is logits.

    Every stage begins with a convolution of 3x3 and a pool that halves the image, and normalises after the
    pool, where there is a quarter as much to do. All stages but the first, whose images are large, go on with
    residual blocks of two convolutions each. The average over the image goes to the classes.

    Args:
        classes: number of classes.
        channels: of every stage; at least one.
        blocks: residual blocks of every stage but the first; 0 makes a plain network.
        activation: name of the activation.
        dropout: probability of dropping an average in training, in [0, 1).
        weight_init: name of the initializer of all weights.
        weight_scale: its scale; None takes the initializer's usual one, ``gain`` that of the activation
            before each layer.

    Raises:
        UserError: a value is out of range, or a name is unknown.
    """
    if not channels:
        raise UserError("channels must name at least one stage, found none")
    if blocks < 0:
        raise UserError(f"blocks must be at least 0, found {blocks}")
    kit = Kit(activation, parts.BATCH, weight_init, weight_scale)
    modules: list[Module] = []
    for stage, count in enumerate(parts.sizes("channels", channels)):
        convolution, *normalised = kit.convolution(count)
        modules += [convolution, MaxPool2d(2), *normalised]
        for _ in range(blocks if stage else 0):
            modules.append(Residual([*kit.convolution(count), *kit.convolution(count)]))
    return Sequential([*modules, GlobalAvgPool2d(), *parts.dropout(dropout), kit.output(classes)])
