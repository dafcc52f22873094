"""Every model and loss of conf/, every layer, activation, initializer: new ones are tested as they are."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from entries import entries
from swatch.nn import activation, initializers, layers
from swatch.nn.module import Module

# What constructors have to be told, by the name of the argument.
ARGUMENTS: dict[str, Any] = {"outputs": 7, "probability": 0.4, "classes": 10}


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
    return layer(**{name: ARGUMENTS[name] for name in needed})


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
def new_layer() -> Callable[[type[Module]], Module]:
    """Make a layer with example arguments."""
    return make_layer


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(20_240_607)
