"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Sequence

from swatch.errors import UserError
from swatch.nn import activation as activations
from swatch.nn.layers import Dropout, Flatten, Linear
from swatch.nn.module import Module
from swatch.nn.sequential import Sequential


def mlp(
    classes: int,
    hidden_sizes: Sequence[int] = (256, 128),
    depth: int | None = None,
    width: int | None = None,
    activation: str = "relu",
    dropout: float = 0.0,
    input_dropout: float = 0.0,
    weight_init: str = "he_normal",
    weight_scale: float | None = None,
) -> Sequential:
    """Return fully connected layers with an activation after each hidden one; the output is logits.

    Args:
        classes: number of classes.
        hidden_sizes: units of every hidden layer, from the input to the output; an empty list has none.
        depth: number of hidden layers, all of ``width`` units; both together replace ``hidden_sizes``.
        width: see ``depth``.
        activation: name of the activation.
        dropout: probability of dropping a hidden unit in training, in [0, 1).
        input_dropout: probability of dropping an input in training, in [0, 1).
        weight_init: name of the initializer of all weights.
        weight_scale: its scale; None takes the initializer's usual one.

    Raises:
        UserError: a value is out of range, an activation or initializer is unknown, or only one of
            ``depth`` and ``width`` is given.
    """
    modules: list[Module] = [Flatten()]
    if input_dropout:
        modules.append(_dropout("input_dropout", input_dropout))
    for size in _sizes(hidden_sizes, depth, width):
        modules += [Linear(size, weight_init, weight_scale), activations.by_name(activation)]
        if dropout:
            modules.append(_dropout("dropout", dropout))
    return Sequential([*modules, Linear(classes, weight_init, weight_scale)])


def _sizes(hidden_sizes: Sequence[int], depth: int | None, width: int | None) -> list[int]:
    """Return the units of every hidden layer."""
    if depth is None and width is None:
        for size in hidden_sizes:
            if size < 1:
                raise UserError(f"hidden_sizes must be at least 1 each, found {list(hidden_sizes)}")
        return list(hidden_sizes)
    if depth is None or width is None:
        given, missing = ("depth", "width") if width is None else ("width", "depth")
        raise UserError(f"{given} needs {missing}: together they replace hidden_sizes")
    if depth < 0:
        raise UserError(f"depth must be at least 0, found {depth}")
    if width < 1:
        raise UserError(f"width must be at least 1, found {width}")
    return [width] * depth


def _dropout(key: str, probability: float) -> Dropout:
    if not 0 <= probability < 1:
        raise UserError(f"{key} must be in [0, 1), found {probability}")
    return Dropout(probability)
