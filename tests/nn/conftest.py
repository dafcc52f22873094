"""Networks of one layer, for tests that walk all layers."""

from __future__ import annotations

import contextlib
import inspect
import math
from collections.abc import Callable
from typing import Any, get_type_hints

import numpy as np
import pytest

from swatch.errors import UserError
from swatch.nn import Flatten, Linear, Network, Sequential, layers
from swatch.nn.module import Module

# What constructors have to be told, by the name of the argument, else by its type; functions make a new one
# each time.
ARGUMENTS: dict[str, Any] = {
    "outputs": 7,
    "probability": 0.4,
    "classes": 10,
    "channels": 4,
    "kernel_size": 3,
    "modules": lambda: [layers.Tanh(), layers.Sin()],
}


BY_TYPE: dict[Any, Any] = {int: 2, float: 0.5, bool: True}


def made(layer: type[Module]) -> Module:
    needed = [
        name
        for name, parameter in inspect.signature(layer).parameters.items()
        if parameter.default is parameter.empty
    ]
    types = get_type_hints(layer.__init__)
    values = {name: ARGUMENTS.get(name, BY_TYPE.get(types.get(name))) for name in needed}
    return layer(**{name: value() if callable(value) else value for name, value in values.items()})


def network_of(
    make: Callable[[], Module],
    shape: tuple[int, ...],
    batch: int,
    dtype: type = np.float64,
    *,
    classes: int = 0,
) -> Network:
    """A network of one layer, for samples of this shape if it takes such, else for vectors, else for images.

    With classes, a linear layer follows.
    """
    image = tuple(max(size, 3) for size in (*shape, 3, 3)[:3])
    for candidate in (shape, (math.prod(shape),), image):
        modules = [make(), *([Flatten(), Linear(classes, "xavier_normal")] if classes else [])]
        with contextlib.suppress(UserError):
            return Network(Sequential(modules), candidate, batch_size=batch, seed=1, dtype=dtype)
    raise AssertionError(f"the layer takes neither {shape}, vectors nor images")


@pytest.fixture(scope="session")
def layer_network() -> Callable[..., Network]:
    """Make a network of a layer class, with example arguments, for a shape of samples or a similar one."""
    return lambda layer, *arguments, **options: network_of(lambda: made(layer), *arguments, **options)


@pytest.fixture(scope="session")
def make_layer() -> Callable[[type[Module]], Module]:
    """Make a layer with example arguments."""
    return made


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(20_240_607)
