"""The search space of a sweep: its parameters, when each is active, and points of it in every form."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from swatch.errors import UserError
from swatch.sweep.distributions import Constant, Distribution, canonical
from swatch.sweep.records import Point
from swatch.sweep.space.enumeration import Enumeration
from swatch.sweep.space.linked import unlinked
from swatch.sweep.space.quoting import override

if TYPE_CHECKING:
    import numpy as np

Conditions = Mapping[str, Mapping[str, frozenset[str]]]
"""Key to {group key: choices}: the key is active only where every group has one of its choices."""


# Compared by identity, so that a space can be the key of a cache.
@dataclass(frozen=True, eq=False)
class SearchSpace:
    """What a sweep searches.

    A point holds the active swept parameters alone; constants join it in :meth:`overrides`, :meth:`nested`
    and :meth:`point_key`. Raises UserError if conditions go round in a circle.
    """

    parameters: Mapping[str, Distribution]
    """Dotted key to distribution, in the order in which the user wrote them; constants are among them."""
    conditions: Conditions = field(default_factory=dict)
    linked: frozenset[str] = frozenset()
    """Names whose values are dicts of other keys, set together: see :mod:`swatch.sweep.space.linked`."""

    @cached_property
    def swept(self) -> dict[str, Distribution]:
        """The parameters that are not constants."""
        return {key: dist for key, dist in self.parameters.items() if not isinstance(dist, Constant)}

    @cached_property
    def constants(self) -> dict[str, Any]:
        """The constants' values."""
        return {key: dist.value for key, dist in self.parameters.items() if isinstance(dist, Constant)}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The swept keys, each after those that decide whether it is active."""
        graph = {key: [g for g in self.conditions.get(key, ()) if g in self.swept] for key in self.swept}
        try:
            return tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise UserError(f"these sweep keys depend on each other in a circle: {error.args[1]}") from None

    @cached_property
    def enumeration(self) -> Enumeration | None:
        """Every point by number, or None if there is no end to them."""
        if not Enumeration.possible(self.swept):
            return None
        groups = {group for conditions in self.conditions.values() for group in conditions}
        return Enumeration(self.swept, [key for key in self.order if key in groups], self.is_active)

    @property
    def size(self) -> int | None:
        """The number of different points, or None if a parameter is continuous or has no bounds."""
        return None if self.enumeration is None else self.enumeration.size

    def is_active(self, key: str, chosen: Mapping[str, Any]) -> bool:
        """Whether ``key`` counts where the groups are as in ``chosen``."""
        for group, choices in self.conditions.get(key, {}).items():
            if not self.is_active(group, chosen):
                return False
            if (chosen[group] if group in chosen else self.constants.get(group)) not in choices:
                return False
        return True

    def restrict(self, values: Mapping[str, Any]) -> Point:
        """Return the point of ``values`` for every swept key: those that are active, in the user's order."""
        return {key: values[key] for key in self.swept if self.is_active(key, values)}

    def from_units(self, units: Sequence[float]) -> Point:
        """Return the point at the quantiles ``units``, one in [0, 1] for each swept key in their order."""
        return self.restrict(
            {key: dist.from_unit(unit) for (key, dist), unit in zip(self.swept.items(), units, strict=True)}
        )

    def to_units(self, point: Point) -> list[float]:
        """Return the quantiles of ``point``, 0.5 for an inactive key; raises ValueError outside the space."""
        return [dist.to_unit(point[key]) if key in point else 0.5 for key, dist in self.swept.items()]

    def sample(self, rng: np.random.Generator) -> Point:
        """Return a random point; always takes one number from ``rng`` for each swept key."""
        return self.from_units(rng.random(len(self.swept)).tolist())

    def contains(self, point: Mapping[str, Any]) -> bool:
        """Whether ``point`` has exactly the active keys, each with a value that can be drawn."""
        active = {key for key in self.swept if self.is_active(key, point)}
        return set(point) == active and all(self.swept[key].contains(point[key]) for key in active)

    def full_point(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``point`` with the active constants, in the user's order; keys of other spaces come last."""
        known = {
            key: point[key] if key in point else self.constants[key]
            for key in self.parameters
            if key in point or (key in self.constants and self.is_active(key, point))
        }
        return known | {key: value for key, value in point.items() if key not in known}

    def point_key(self, point: Mapping[str, Any]) -> str:
        """Return 24 hexadecimal digits that two points share exactly if they mean the same (1 and 1.0 do).

        Constants count, so that a sweep edited to other constants has other points.
        """
        return hashlib.blake2b(canonical(self.full_point(point)).encode(), digest_size=12).hexdigest()

    def overrides(self, point: Mapping[str, Any]) -> list[str]:
        """Return the Hydra overrides of ``point`` and the constants; Hydra reads back the same typed values.

        Raises ValueError for a value that Hydra's grammar cannot say (see :mod:`swatch.sweep.space.quoting`).
        """
        return [override(key, value) for key, value in self.settings(point).items()]

    def settings(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """Return what ``point`` and the constants set in the config: dotted key to value."""
        return unlinked(self.full_point(point), self.linked)

    def nested(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``point`` and the constants with dotted keys as nested dicts.

        A key whose parent has a value of its own (``optimizer`` beside ``optimizer.momentum``) stays dotted.
        """
        result: dict[str, Any] = {}
        for key, value in self.full_point(point).items():
            *parents, last = key.split(".")
            place = result
            for depth, parent in enumerate(parents, 1):
                if ".".join(parents[:depth]) in self.parameters:
                    place, last = result, key
                    break
                place = place.setdefault(parent, {})
            place[last] = value
        return result
