"""From YAML to objects: Hydra composition, validation, and the only place that instantiates."""

from __future__ import annotations

from swatch.compose.building import build, build_plain
from swatch.compose.composition import Composition
from swatch.compose.engine import compose, compose_choices, groups
from swatch.compose.keys import config_keys, has_key, nearest_key

__all__ = [
    "Composition",
    "build",
    "build_plain",
    "compose",
    "compose_choices",
    "config_keys",
    "groups",
    "has_key",
    "nearest_key",
]
