"""A run's config beside the defaults."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swatch.errors import UserError
from swatch.tracking.naming import trained_values

_TARGET = "_target_"
_lock = threading.Lock()


@dataclass(frozen=True)
class ConfigRow:
    """One key."""

    key: str
    value: Any
    default: Any = None
    """None also for a key that the defaults do not have."""
    differs: bool = False


def default_values() -> dict[str, Any] | None:
    """Return the config that ``swatch train`` without overrides has; None if it cannot be composed.

    It is that of the project whose ``conf/`` lies in the working directory, as for the command itself.
    """
    from swatch.compose import compose

    try:
        # Hydra keeps its state in the process, and a server asks from several threads.
        with _lock:
            return trained_values(compose().plain)
    except UserError:
        return None


def config_rows(config: Mapping[str, Any], defaults: Mapping[str, Any] | None) -> list[ConfigRow]:
    """Return the keys of a config in its order, with their defaults; a choice of a group by its class.

    Without ``defaults`` no key is marked.
    """
    known = defaults or {}
    rows = []
    for key, value in config.items():
        default = known.get(key)
        differs = defaults is not None and (key not in known or value != default)
        group, _, last = key.rpartition(".")
        if last == _TARGET and group:
            key, value, default = group, _class_name(value), _class_name(default)
        rows.append(ConfigRow(key, value, default, differs))
    return rows


def _class_name(target: Any) -> str | None:
    return None if target is None else str(target).rpartition(".")[2]
