"""The activations by name: every file of ``layers`` that defines one."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from swatch.errors import UserError, did_you_mean
from swatch.nn.activation import Activation


@cache
def names() -> tuple[str, ...]:
    """Return the names of all activations."""
    package = importlib.import_module("swatch.nn.layers")
    modules = (info.name for info in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(name for name in modules if _class_of(name) is not None))


@cache
def _class_of(name: str) -> type[Activation] | None:
    module_name = f"swatch.nn.layers.{name}"
    for value in vars(importlib.import_module(module_name)).values():
        if isinstance(value, type) and issubclass(value, Activation) and value.__module__ == module_name:
            return value
    return None


def by_name(name: str) -> Activation:
    """Return a new activation.

    Raises:
        UserError: there is none of that name.
    """
    found = _class_of(name) if name in names() else None
    if found is None:
        raise UserError(
            f"activation must be one of {', '.join(names())}, not '{name}'.{did_you_mean(str(name), names())}"
        )
    return found()
