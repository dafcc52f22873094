"""Linked parameters: a list of dicts under a name of its own, each of which sets several keys together.

``size: {values: [{model.width: 64, model.depth: 2}, {model.width: 256, model.depth: 1}]}`` searches two sizes
and not four. The name is free: the config has no such key. A dict under a key that the config has is a value
of that key, and merges into it where the config has keys below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from swatch.sweep.distributions import Categorical, Constant, Distribution


def linked_values(distribution: Distribution) -> list[Mapping[str, Any]] | None:
    """Return the dicts that a parameter chooses from, or None if it has other values or empty ones."""
    values = distribution.values if isinstance(distribution, Categorical) else []
    if isinstance(distribution, Constant):
        values = [distribution.value]
    if values and all(isinstance(value, Mapping) and value for value in values):
        return list(values)
    return None


def unlinked(values: Mapping[str, Any], linked: Iterable[str]) -> dict[str, Any]:
    """Return ``values`` with what the names in ``linked`` hold in place of these names."""
    names = set(linked)
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= value if key in names else {key: value}
    return found
