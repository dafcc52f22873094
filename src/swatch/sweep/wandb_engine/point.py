"""From the values that W&B's server chose to Hydra overrides, without losing a type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from swatch.compose import compose, has_key, locations, overrides
from swatch.compose.diagnosis import key_owners
from swatch.compose.locations import Locations
from swatch.errors import UserError
from swatch.sweep.space import quoting
from swatch.sweep.space.linked import unlinked
from swatch.sweep.wandb_engine import resumed


@dataclass(frozen=True)
class AdaptedPoint:
    """What a run trains."""

    overrides: tuple[str, ...]
    """Hydra overrides, the words of others and the point's, in the order in which they count."""
    values: Mapping[str, Any]
    """Dotted key to typed value: the part of the point that counts."""
    aside: tuple[str, ...]
    """Overrides that were left out: their keys belong to choices that this point did not make."""


def adapt(
    values: Mapping[str, Any],
    *,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    without: Iterable[str] = (),
    project: Path | None = None,
) -> AdaptedPoint:
    """Turn a run's parameters, as W&B has them, into overrides.

    Nested parameters are dicts there (``model: {depth: 2}``). A dict for a key under which the config has
    keys of its own is merged into them, one override each; a dict under a name that the config does not have
    sets keys together (linked parameters); any other dict is a value. A key that only another
    choice of its group has (``optimizer.momentum`` with ``optimizer=adam``) is set aside: W&B's sweeps cannot
    say that a parameter belongs to some choices only.

    Args:
        values: Parameter to value, as the server chose them; or all of a run's config, which the server gives
            out when the run is to be resumed.
        before: Overrides that the point may change.
        after: Overrides that may change the point.
        without: Dotted keys of the point that do not count.
        project: The folder whose ``conf/`` goes before ours; the working directory unless given.

    Raises:
        UserError: An override cannot be read, a choice does not exist, or Hydra's grammar cannot say a value.
    """
    where = locations.find(project)
    if resumed.is_resolved(values, where):
        values = resumed.unfold(values, where, project)
    values = unlinked(values, _linked(values, where, project))
    chosen = [
        override(key, value)
        for key, value in values.items()
        if key in where.groups and not isinstance(value, Mapping)
    ]
    first, last = (
        [text for text in words if overrides.parse(text).key_or_group in where.groups]
        for words in (before, after)
    )
    composed = compose([*first, *chosen, *last], project=project).config
    config: Any = OmegaConf.to_container(composed, resolve=False)
    left_out = frozenset(without)
    kept: dict[str, Any] = {}
    aside: list[str] = []
    for key, value in leaves(values, lambda key: _is_section(config, key)):
        if key in left_out:
            continue
        if not has_key(config, key) and key_owners(key, where):
            aside.append(override(key, value))
        else:
            kept[key] = value
    point = (override(key, value) for key, value in kept.items())
    return AdaptedPoint((*before, *point, *after), kept, tuple(aside))


def _linked(values: Mapping[str, Any], where: Locations, project: Path | None) -> list[str]:
    """Return the names that are no keys of the config and hold dicts."""
    names = [key for key, value in values.items() if isinstance(value, Mapping) and value]
    unknown = [key for key in names if key not in where.groups]
    if not unknown:
        return []
    plain = compose(project=project).config
    return [key for key in unknown if not has_key(plain, key) and not key_owners(key, where)]


def override(key: str, value: Any) -> str:
    """Return ``key=value`` for Hydra; raises UserError if its grammar cannot say that."""
    try:
        text = quoting.override(key, value)
    except ValueError as error:
        raise UserError(f"{key}: {error}") from None
    overrides.parse(text)
    return text


def leaves(
    values: Mapping[str, Any], is_section: Callable[[str], bool], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Return the dotted keys of all values that are no dicts for a section, and the values."""
    for name, value in values.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and value and is_section(key):
            yield from leaves(value, is_section, f"{key}.")
        else:
            yield key, value


def _is_section(config: Mapping[str, Any], key: str) -> bool:
    """Whether the config has keys below ``key``."""
    node: Any = config
    for part in key.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    return isinstance(node, Mapping) and bool(node)
