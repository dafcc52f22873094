"""Modules as config: what they are made of, in plain values, from which they can be made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from swatch.errors import UserError
from swatch.nn.module import Module


def describe(module: Module) -> dict[str, Any]:
    """Return a config node of a module: its class as ``_target_``, and its constructor's arguments.

    Arguments that were not given are left out. (A file of ``conf/model/`` names a function of ``classes``
    instead, as the number of classes comes from the data.)

    Raises:
        UserError: the class is defined inside a function, where nothing finds it again, or an argument is no
            plain value (number, text, list, mapping) and no module.
    """
    kind = type(module)
    if "<locals>" in kind.__qualname__:
        raise UserError(
            f"{kind.__qualname__} cannot be described in a file, because it is defined inside a function; "
            "define it at the top of a module"
        )
    node = {"_target_": f"{kind.__module__}.{kind.__qualname__}"}
    return node | {name: _plain(value, f"{kind.__name__}.{name}") for name, value in module.arguments.items()}


def _plain(value: Any, where: str) -> Any:
    if isinstance(value, Module):
        return describe(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, Sequence | np.ndarray):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    raise UserError(
        f"{where} cannot be described in a file: it is a {type(value).__name__}, and no number, text, list, "
        "mapping or module"
    )
