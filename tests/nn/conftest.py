"""Every model and loss of conf/, every layer, activation, initializer: new ones are tested as they are."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import math
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from entries import entries
from swatch.errors import UserError
from swatch.nn import Flatten, Linear, Network, Sequential, activation, initializers, layers
from swatch.nn.module import Module

# What constructors have to be told, by the name of the argument; functions make a new one each time.
ARGUMENTS: dict[str, Any] = {
    "outputs": 7,
    "probability": 0.4,
    "classes": 10,
    "channels": 4,
    "kernel_size": 3,
    "modules": lambda: [layers.Tanh(), layers.Sin()],
}


def layer_classes() -> list[type[Module]]:
    found: list[type[Module]] = []
    for info in pkgutil.iter_modules(layers.__path__, f"{layers.__name__}."):
        classes = [v for v in vars(importlib.import_module(info.name)).values() if isinstance(v, type)]
        found += [c for c in classes if issubclass(c, Module) and c.__module__ == info.name]
    return found


def make_layer(layer: type[Module]) -> Module:
    needed = [
        name
        for name, parameter in inspect.signature(layer).parameters.items()
        if parameter.default is parameter.empty
    ]
    values = {name: ARGUMENTS[name] for name in needed}
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


# Arguments that tests may ask for, one test for every value.
TABLES: dict[str, Callable[[], list[Any]]] = {
    "model_entry": lambda: entries("model"),
    "loss_entry": lambda: entries("loss"),
    "layer_class": layer_classes,
    "activation_name": lambda: list(activation.names()),
    "initializer_name": lambda: list(initializers.names()),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, table in TABLES.items():
        if name in metafunc.fixturenames:
            values = table()
            ids = [str(getattr(value, "__name__", getattr(value, "name", value))) for value in values]
            metafunc.parametrize(name, values, ids=ids)


@pytest.fixture(scope="session")
def layer_network() -> Callable[..., Network]:
    """Make a network of a layer class, with example arguments, for a shape of samples or a similar one."""
    return lambda layer, *arguments, **options: network_of(lambda: make_layer(layer), *arguments, **options)


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(20_240_607)
