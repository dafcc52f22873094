"""AlexNet for small images."""

from __future__ import annotations

from swatch.nn.layers import BatchNorm, Flatten, MaxPool2d
from swatch.nn.models import parts
from swatch.nn.models.parts import Kit
from swatch.nn.module import Module
from swatch.nn.sequential import Sequential


def alexnet(
    classes: int,
    activation: str = "relu",
    dropout: float = 0.5,
    weight_init: str = "he_normal",
    weight_scale: float | str | None = None,
) -> Sequential:
    """Return Krizhevsky's network in the shape that fits images of 28x28, with batch normalisation; logits.

    Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks"
    (2012). For one channel of 28x28 it has 61,750,530 parameters, 2,560 of which do not train (the running
    averages): its convolutions keep the size of the images, and its pools, of 3x3 with stride 2, make them
    13x13, then 6x6. Its convolutions have biases, as counted, though the normalisation takes them off again.

    Args:
        classes: number of classes.
        activation: name of the activation.
        dropout: probability of dropping a unit of the last hidden layer in training, in [0, 1).
        weight_init: name of the initializer of all weights.
        weight_scale: its scale; None takes the initializer's usual one, ``gain`` that of the activation
            before each layer.

    Raises:
        UserError: a value is out of range, or a name is unknown.
    """
    kit = Kit(activation, weight_init=weight_init, weight_scale=weight_scale)
    modules: list[Module] = []
    for channels, kernel_size, pools in ((256, 5, True), (384, 3, False), (384, 3, False), (256, 3, True)):
        convolution, function = kit.convolution(channels, kernel_size)
        modules += [convolution, BatchNorm(), function, *([MaxPool2d(3, 2)] if pools else [])]
    modules.append(Flatten())
    for size in (4096, 4096, 1000):
        modules += kit.hidden(size)
    return Sequential([*modules, *parts.dropout(dropout), kit.output(classes)])
