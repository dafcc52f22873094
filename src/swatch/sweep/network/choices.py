"""The config groups that a sweep chooses from, and which keys exist under which choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from swatch.errors import did_you_mean
from swatch.sweep.config import SweepConfig
from swatch.sweep.distributions import Categorical, Constant, Distribution
from swatch.sweep.space.linked import linked_values
from swatch.sweep.space.quoting import override

if TYPE_CHECKING:
    from swatch.compose import Composition

# Composing one takes some 50 ms. Beyond so many, the choices of one group are varied at a time.
MOST_COMBINATIONS = 32

Choices = dict[str, Any]
"""Group to choice."""


class Combinations:
    """The config composed for every combination of the swept groups' choices.

    Raises UserError with the line for a group without a list of choices and for a choice that does not exist.
    """

    def __init__(
        self, config: SweepConfig, swept: Mapping[str, Distribution], overrides: Sequence[str]
    ) -> None:
        from swatch.compose import compose, groups

        self._config = config
        self._overrides = list(overrides)
        # Without the sweep first, so that a wrong override is not blamed on the YAML.
        compose(self._overrides)
        self._known = groups()
        self._swept = {
            key: self._choices_of(key, dist)
            for key, dist in swept.items()
            # Dicts merge into what a group's choice brings, and choose nothing.
            if key in self._known and linked_values(dist) is None
        }
        self._composed: list[tuple[Choices, Composition]] = [
            (choices, compose([*self._overrides, *(override(*pair) for pair in choices.items())]))
            for choices in self._combine()
        ]

    @property
    def compositions(self) -> list[Composition]:
        """The configs of the combinations, without the keys that are swept beside them."""
        return [composition for _, composition in self._composed]

    def condition_of(self, key: str) -> dict[str, frozenset[str]] | None:
        """Return the choices under which ``key`` exists: empty for all, None if there are none.

        Raises UserError if it exists for combinations that no condition on single groups describes.
        """
        having = [choices for choices, composed in self._composed if self._has(composed, key)]
        if not having:
            return None
        first = self._composed[0][0]
        condition = {}
        for group, all_choices in self._swept.items():
            # One group varied at a time: what the others' own variations show says nothing of this one.
            shown = having if self._complete else [c for c in having if _equal_but(group, c, first)]
            allowed = {choices[group] for choices in shown}
            if allowed and allowed != set(all_choices):
                condition[group] = frozenset(allowed)
        if not self._complete and first not in having:
            condition = {
                group: allowed for group, allowed in condition.items() if first[group] not in allowed
            }
        described = [
            choices
            for choices, _ in self._composed
            if all(choices[group] in allowed for group, allowed in condition.items())
        ]
        if len(described) != len(having):
            raise self._config.source.error(
                self._config.path_of(key),
                f"it exists only for some combinations of {', '.join(condition)}; "
                "sweep these in separate YAMLs",
            )
        return condition

    def compose_with(self, key: str, text: str) -> None:
        """Compose with one more override, under choices that have ``key`` if there are any."""
        from swatch.compose import compose

        choices = next(
            (choices for choices, composed in self._composed if self._has(composed, key)),
            self._composed[0][0],
        )
        others = [override(group, choice) for group, choice in choices.items() if group != key]
        compose([*self._overrides, *others, text])

    def compose_all_with(self, texts: Sequence[str]) -> None:
        """Compose with more overrides under every combination of choices."""
        from swatch.compose import compose

        for choices, _ in self._composed:
            compose([*self._overrides, *(override(*pair) for pair in choices.items()), *texts])

    def exists_without_pins(self, key: str, pins: Mapping[str, str]) -> bool:
        """Whether ``key`` would exist if the command line had not chosen groups that the YAML sweeps."""
        from swatch.compose import compose

        for group, text in pins.items():
            distribution = self._config.parameters.get(group)
            if group not in self._known or distribution is None or linked_values(distribution) is not None:
                continue
            free = [other for other in self._overrides if other != text]
            for choice in self._choices_of(group, distribution):
                if self._has(compose([*free, override(group, choice)]), key):
                    return True
        return False

    def varies(self, group: str) -> bool:
        """Whether the sweep chooses between several choices of a config group."""
        return len(self._swept.get(group, ())) > 1

    def belongs_elsewhere(self, key: str) -> bool:
        """Whether a choice that is not swept has the key."""
        from swatch.compose.diagnosis import key_owners
        from swatch.compose.locations import find

        return bool(key_owners(key, find()))

    def keys_hint(self, group: str, name: str) -> str:
        """Return, for a name that no swept choice of ``group`` has, the nearest one of theirs, or all."""
        from swatch.compose.keys import names, nearest_key

        found: dict[str, list[str]] = {}
        for choices, composed in self._composed:
            for known in names(composed.config):
                if known.startswith(f"{group}.") and not known.endswith("._target_"):
                    having = found.setdefault(known, [])
                    if choices[group] not in having:
                        having.append(choices[group])
        nearest = nearest_key(f"{group}.{name}", found)
        if nearest is None:
            ends = sorted(known.removeprefix(f"{group}.") for known in found)
            return f" The swept choices of {group} have {', '.join(ends)}."
        having = found[nearest]
        all_have = len(having) == len(self._swept[group])
        where = "" if all_have else f", which {group}={' and '.join(map(str, having))} has"
        return f" Did you mean '{nearest}'{where}?"

    def _has(self, composed: Composition, key: str) -> bool:
        from swatch.compose import has_key

        return key in self._known or has_key(composed.config, key)

    def _combine(self) -> list[Choices]:
        if self._complete:
            return [
                dict(zip(self._swept, choices, strict=True)) for choices in product(*self._swept.values())
            ]
        first = {group: choices[0] for group, choices in self._swept.items()}
        return [first] + [
            first | {group: choice} for group, choices in self._swept.items() for choice in choices[1:]
        ]

    @cached_property
    def _complete(self) -> bool:
        """Whether all combinations are composed."""
        return prod(len(choices) for choices in self._swept.values()) <= MOST_COMBINATIONS

    def _choices_of(self, group: str, distribution: Distribution) -> list[Any]:
        path, known = self._config.path_of(group), self._known[group]
        if isinstance(distribution, Categorical):
            choices, key = list(distribution.values), "values"
        elif isinstance(distribution, Constant):
            choices, key = [distribution.value], "value"
        else:
            raise self._config.source.error(
                path, f"{group} is a config group; list `values` of {', '.join(known)}"
            )
        for index, choice in enumerate(choices):
            if choice is not None and choice not in known:
                place: tuple[str | int, ...] = (*path, key, index) if key == "values" else (*path, key)
                raise self._config.source.error(
                    place,
                    f"there is no {group} {choice!r}.{did_you_mean(str(choice), known)} "
                    f"The choices are: {', '.join(known)}.",
                )
        return choices


def _equal_but(group: str, left: Choices, right: Choices) -> bool:
    return all(left[other] == right[other] for other in left if other != group)
