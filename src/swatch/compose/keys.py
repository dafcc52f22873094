"""Which dotted keys a config has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf


def config_keys(config: DictConfig | Mapping[str, Any]) -> list[str]:
    """Return the dotted keys of all values; lists and empty mappings count as values."""
    return list(_walk(_plain(config), ""))


def names(config: DictConfig | Mapping[str, Any]) -> set[str]:
    """Return the dotted keys of all values and of the sections around them."""
    keys = config_keys(config)
    parts = [key.split(".") for key in keys]
    return {".".join(key[:length]) for key in parts for length in range(1, len(key) + 1)}


def has_key(config: DictConfig | Mapping[str, Any], key: str) -> bool:
    """Whether the config has the dotted key, be it a value, a section or null."""
    node: Any = _plain(config)
    for part in key.split("."):
        if isinstance(node, list) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        elif isinstance(node, dict) and part in node:
            node = node[part]
        else:
            return False
    return True


def is_list(config: DictConfig, key: str) -> bool:
    """Whether the dotted key holds a list."""
    return OmegaConf.is_list(OmegaConf.select(config, key))


def nearest_key(key: str, keys: Iterable[str]) -> str | None:
    """Return the key that was most likely meant, or None if none is near.

    The same last part elsewhere (``learning_rate`` for ``optimizer.learning_rate``) counts as near, and so do
    the initials or the beginning of one (``optimizer.lr``, ``lr``).
    """
    section, _, last = key.rpartition(".")
    # Where a key's section is right, its name says nothing of which key was meant.
    known = [name for name in sorted(set(keys)) if not key.startswith(f"{name}.")]
    within = {
        name.removeprefix(f"{section}."): name
        for name in known
        if not section or name.startswith(f"{section}.")
    }
    near = [within[end] for end in difflib.get_close_matches(last, within, n=1, cutoff=0.75)]
    same_end = [name for name in known if name.rpartition(".")[2] == last]
    short = [name for name in within.values() if _is_short_for(last, name.rpartition(".")[2])]
    for only in (same_end, short):
        if not near and len(only) == 1:
            near = only
    if not near and within:
        near = [within[end] for end in difflib.get_close_matches(last, within, n=1, cutoff=0.55)]
    elif not near:
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.55)
    return near[0] if near else None


def _is_short_for(short: str, name: str) -> bool:
    initials = "".join(word[:1] for word in name.split("_"))
    return len(short) > 1 and (short == initials or name.startswith(short))


def _plain(config: DictConfig | Mapping[str, Any]) -> Any:
    return OmegaConf.to_container(config, resolve=False) if isinstance(config, DictConfig) else config


def _walk(node: Any, prefix: str) -> Iterator[str]:
    for key, value in node.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            yield from _walk(value, f"{path}.")
        else:
            yield path
