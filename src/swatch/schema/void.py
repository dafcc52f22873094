"""Which overrides of a list count."""

from __future__ import annotations

from collections.abc import Sequence


def without_void(overrides: Sequence[str]) -> list[str]:
    """Return Hydra overrides less those whose value a later one replaces: the config is the same.

    Those with a prefix (``+key=1``, ``~key``) and mappings, which merge, all stay.
    """
    last = {_key(override): place for place, override in enumerate(overrides)}
    return [
        override
        for place, override in enumerate(overrides)
        if not _replaces(override) or last[_key(override)] == place
    ]


def _key(override: str) -> str:
    return override.partition("=")[0]


def _replaces(override: str) -> bool:
    return not override.startswith(("+", "~")) and not override.partition("=")[2].lstrip().startswith("{")
