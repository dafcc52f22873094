"""Reading one key of a sweep YAML, with its line in the error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from swatch.errors import did_you_mean
from swatch.sweep.config.yaml_source import Path, YamlSource


def check_keys(source: YamlSource, path: Path, raw: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse a key of ``raw`` (which stands at ``path``) that is not in ``known``, naming the nearest."""
    for key in raw:
        if key not in known:
            hint = did_you_mean(str(key), known) or f" The keys here are: {', '.join(known)}."
            raise source.error((*path, str(key)), f"unknown key.{hint}")


def whole_number(source: YamlSource, path: tuple[str, ...], raw: Mapping[str, Any]) -> int | None:
    """Return the whole number of at least 1 under the last step of ``path``, or None if it is absent."""
    value = raw.get(path[-1])
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise source.error(path, f"it must be a whole number of at least 1, not {value!r}")
    return value


def text(source: YamlSource, path: tuple[str, ...], raw: Mapping[str, Any]) -> str | None:
    """Return the text under the last step of ``path``, or None if it is absent; numbers become texts."""
    value = raw.get(path[-1])
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise source.error(path, f"it must be a text, not {value!r}")


def words(source: YamlSource, path: tuple[str, ...], raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the list of words under the last step of ``path``, empty if it is absent."""
    value = raw.get(path[-1])
    if value is None:
        return ()
    if not isinstance(value, list):
        raise source.error(path, f"it must be a list of words, not {value!r}")
    return tuple(str(word) for word in value)
