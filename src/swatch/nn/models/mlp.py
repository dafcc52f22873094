"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Sequence

from swatch.errors import UserError
from swatch.nn.layers import Flatten
from swatch.nn.models import parts
from swatch.nn.models.parts import Kit
from swatch.nn.module import Module
from swatch.nn.sequential import Sequential


def mlp(
    classes: int,
    hidden_sizes: Sequence[int] = (256, 128),
    depth: int | None = None,
    width: int | None = None,
    activation: str | Sequence[str] = "relu",
    dropout: float | Sequence[float] = 0.0,
    input_dropout: float = 0.0,
    weight_init: str = "he_normal",
    weight_scale: float | str | None = None,
    norm: str = "none",
) -> Sequential:
    """Return fully connected layers with an activation after each hidden one; the output is logits.

    Args:
        classes: number of classes.
        hidden_sizes: units of every hidden layer, from the input to the output; an empty list has none.
        depth: number of hidden layers, all of ``width`` units; both together replace ``hidden_sizes``.
        width: see ``depth``.
        activation: name of the activation, or a list with one for each hidden layer.
        dropout: probability of dropping a hidden unit in training, in [0, 1), or a list with one for each
            hidden layer.
        input_dropout: probability of dropping an input in training, in [0, 1).
        weight_init: name of the initializer of all weights.
        weight_scale: its scale; None takes the initializer's usual one, ``gain`` that of the activation
            before each layer.
        norm: what normalises the hidden layers before their activation: ``none``, ``batch`` or ``layer``.
            With ``batch`` they have no bias, which it would take off again.

    Raises:
        UserError: a value is out of range, a list has the wrong length, a name is unknown, or only one of
            ``depth`` and ``width`` is given.
    """
    modules: list[Module] = [Flatten(), *parts.dropout(input_dropout, "input_dropout")]
    kit = Kit(norm=norm, weight_init=weight_init, weight_scale=weight_scale)
    sizes = _sizes(hidden_sizes, depth, width)
    for size, name, probability in zip(
        sizes,
        parts.for_each("activation", activation, len(sizes)),
        parts.for_each("dropout", dropout, len(sizes)),
        strict=True,
    ):
        modules += kit.hidden(size, probability, name)
    return Sequential([*modules, kit.output(classes)])


def _sizes(hidden_sizes: Sequence[int], depth: int | None, width: int | None) -> list[int]:
    """Return the units of every hidden layer."""
    if depth is None and width is None:
        return parts.sizes("hidden_sizes", hidden_sizes)
    if depth is None or width is None:
        given, missing = ("depth", "width") if width is None else ("width", "depth")
        raise UserError(f"{given} needs {missing}: together they replace hidden_sizes")
    if depth < 0:
        raise UserError(f"depth must be at least 0, found {depth}")
    if width < 1:
        raise UserError(f"width must be at least 1, found {width}")
    return [width] * depth
