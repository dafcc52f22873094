"""Logistic regression."""

from __future__ import annotations

from swatch.nn.layers import Dropout, Flatten, Linear
from swatch.nn.module import Module
from swatch.nn.sequential import Sequential


def logistic(
    classes: int,
    weight_init: str = "zeros",
    weight_scale: float | None = None,
    dropout: float = 0.0,
) -> Sequential:
    """Return a model without hidden layers: logits that are linear in the inputs.

    Args:
        classes: number of classes.
        weight_init: initializer of the weights; zeros will do, because the loss is convex in them.
        weight_scale: its scale; None takes the initializer's usual one.
        dropout: probability of dropping an input in training, in [0, 1).

    Raises:
        UserError: a value is out of range, or the initializer is unknown.
    """
    modules: list[Module] = [Flatten()]
    if dropout:
        modules.append(Dropout(dropout))
    return Sequential([*modules, Linear(classes, weight_init, weight_scale)])
