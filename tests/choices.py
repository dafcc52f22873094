"""Every choice that Swatch offers, and the names by which tests ask for one after the other.

A test with an argument called ``optimizer_entry`` runs once for every file of conf/optimizer, one with
``layer_class`` once for every layer, and so on: whoever adds a choice adds its tests.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from entries import entries, files, groups


@dataclass(frozen=True)
class Choice:
    """One file of a config group, by its name alone."""

    group: str
    name: str

    @property
    def override(self) -> str:
        """How the command line asks for it."""
        return f"{self.group}={self.name}"


def config_choices() -> list[Choice]:
    return [Choice(group, path.stem) for group in groups() for path in files(group)]


def layer_classes() -> list[Any]:
    """Activations are layers too."""
    from swatch.nn import layers
    from swatch.nn.module import Module

    found = []
    for info in pkgutil.iter_modules(layers.__path__, f"{layers.__name__}."):
        classes = [v for v in vars(importlib.import_module(info.name)).values() if inspect.isclass(v)]
        found += [c for c in classes if issubclass(c, Module) and c.__module__ == info.name]
    return found


def activation_names() -> Iterable[str]:
    from swatch.nn import activations

    return activations.names()


def initializer_names() -> Iterable[str]:
    from swatch.nn import initializers

    return initializers.names()


# The groups of which every training takes one choice each, besides its data.
PARTS = ("model", "loss", "regularization", "optimizer", "scheduler", "augmentation")

# The argument of a test, the group of choices that it walks, and what it is given of each.
ARGUMENTS: dict[str, tuple[str, Callable[[], Iterable[Any]]]] = {
    "model_entry": ("model", lambda: entries("model")),
    "layer_class": ("layer", layer_classes),
    "activation_name": ("activation", activation_names),
    "initializer_name": ("initializer", initializer_names),
    "loss_entry": ("loss", lambda: entries("loss")),
    "regularization_entry": ("regularization", lambda: entries("regularization")),
    "optimizer_entry": ("optimizer", lambda: entries("optimizer")),
    "schedule_entry": ("scheduler", lambda: entries("scheduler")),
    "augmentation_entry": ("augmentation", lambda: entries("augmentation")),
    # Whatever the config builds for a training: one file of each of these groups goes into every run.
    "part_choice": ("", lambda: [choice for choice in config_choices() if choice.group in PARTS]),
    "experiment_choice": ("experiment", lambda: [c for c in config_choices() if c.group == "experiment"]),
    # Any file of any config group: the value says of which.
    "config_choice": ("", config_choices),
}

# Those that no config group lists, by the argument that walks them.
FOUND_BY_FILE = {"layer": "layer_class", "activation": "activation_name", "initializer": "initializer_name"}

ORDER = [group for group, _ in ARGUMENTS.values() if group]


def name_of(value: Any) -> str:
    """The name under which the table lists what a test was given."""
    return str(getattr(value, "__name__", None) or getattr(value, "name", value))


def id_of(value: Any) -> str:
    """The name of the test case."""
    return value.override if isinstance(value, Choice) else name_of(value)


@cache
def all_choices() -> dict[str, list[str]]:
    """Every group with the names of its choices, in the order in which the table is printed."""
    found = {group: [path.stem for path in files(group)] for group in groups()}
    for group, argument in FOUND_BY_FILE.items():
        found[group] = [name_of(value) for value in ARGUMENTS[argument][1]()]
    order = [group for group in ORDER if group in found]
    return {group: found[group] for group in [*order, *(g for g in found if g not in order)]}
