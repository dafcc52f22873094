"""A run that the server hands out again, after its agent had died or was preempted.

By then the run's config on the server is no longer its point but all of the resolved config, and that is what
comes. The run directory, if it is here, knows better: it has the overrides that made the config.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from swatch.compose import compose
from swatch.compose.locations import Locations
from swatch.errors import UserError
from swatch.tracking import RunDirectory
from swatch.tracking.remote_sweep import RemoteSweep

TARGET = "_target_"
# Where a run's files are on another machine is of no use here.
_NOT_HERE = ("paths",)


def stored_overrides(directory: Path, remote: RemoteSweep) -> tuple[str, ...] | None:
    """Return the overrides of a run of a server's sweep that was begun in ``directory``, or None."""
    run = RunDirectory(directory)
    try:
        description = run.read_description()
    except (KeyError, TypeError):
        return None
    known = description.remote_sweep if description is not None else None
    if description is None or known is None:
        return None
    same = (known.base_url, known.sweep_id) == (remote.base_url, remote.sweep_id)
    return tuple(description.overrides) if same else None


def is_resolved(values: Mapping[str, Any], where: Locations) -> bool:
    """Whether the values are no point but a resolved config: groups hold what they build, not a choice."""
    return any(_target(values[group]) is not None for group in where.groups if group in values)


def unfold(values: Mapping[str, Any], where: Locations, project: Path | None) -> dict[str, Any]:
    """Return a resolved config as a point: the choices of its groups, and below them their values.

    A choice is one that builds the same thing from the same keys; its own values do not matter, as all are
    given. A group whose target no choice has stays as it is.
    """
    default = compose(project=project)
    point: dict[str, Any] = {}
    for key, value in values.items():
        if key in _NOT_HERE:
            continue
        target = _target(value) if key in where.groups else None
        choice = None
        if target is not None:
            fits_default = _is_like(default.plain.get(key), value)
            choice = default.choices.get(key) if fits_default else _find(key, value, where, project)
        if choice is None:
            point[key] = value
        else:
            point[key] = choice
            point |= {f"{key}.{name}": item for name, item in value.items() if name != TARGET}
    return point


def _find(group: str, value: Mapping[str, Any], where: Locations, project: Path | None) -> str | None:
    """Return a choice of a group that builds the same thing from the same keys."""

    def names_other_target(choice: str) -> bool:
        path = where.file_of(group, choice)
        return path is None or str(_target(value)) not in path.read_text(encoding="utf-8", errors="replace")

    # Composing takes its time; a choice that inherits its target is rare.
    for choice in sorted(where.groups[group], key=names_other_target):
        try:
            made = compose([f"{group}={choice}"], project=project).plain[group]
        except UserError:
            continue
        if _is_like(made, value):
            return choice
    return None


def _is_like(one: Any, other: Mapping[str, Any]) -> bool:
    return isinstance(one, Mapping) and _target(one) == _target(other) and set(one) == set(other)


def _target(value: Any) -> Any:
    return value.get(TARGET) if isinstance(value, Mapping) else None
