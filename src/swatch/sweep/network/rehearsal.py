"""Trying a sweep's values in whole configs before any trial does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from swatch.errors import UserError
from swatch.sweep.config import SweepConfig
from swatch.sweep.distributions import Categorical, Discrete, Distribution
from swatch.sweep.space.search_space import SearchSpace

if TYPE_CHECKING:
    from swatch.compose import Composition

# Where the other keys stand while the values of one are tried.
_SURROUNDINGS = (0.5, 0.005, 0.995)
# Each end of a range, and a value near it: an end that is hardly ever drawn (the 1 of a beta distribution)
# may be one that nothing takes.
_ENDS = ((0.0, 0.005), (1.0, 0.995))

Place = tuple[str | int, ...]


class Rehearsal:
    """Tries every value of a list, and the ends of a range, each with the other keys of the sweep around it.

    A value is refused if it fails whatever the other keys are: the middle, the low or the high end of theirs.

    Args:
        config: Knows the lines.
        space: What is searched.
        overrides: Those of the command line.
        attempt: Raises UserError for a config that does not work.
    """

    def __init__(
        self,
        config: SweepConfig,
        space: SearchSpace,
        overrides: Sequence[str],
        attempt: Callable[[Composition], None],
    ) -> None:
        self._config, self._space, self._attempt = config, space, attempt
        self._overrides = list(overrides)

    def run(self, keys: Iterable[str]) -> None:
        """Try the values of ``keys``; raises UserError with the line of the first that cannot work."""
        error = self._failure({})
        if error is not None:
            raise self._blamed(error)
        for key in keys:
            distribution = self._space.swept[key]
            for place, values in _tried(self._config.path_of(key), distribution):
                for choices in self._choices_with(key):
                    errors = self._failures(choices, key, values)
                    if len(errors) == len(values):
                        raise self._blamed(errors[0 if _bounded(distribution) else -1], key, place)

    def _failures(self, choices: Mapping[str, Any], key: str, values: Sequence[Any]) -> list[str]:
        """Return why ``values`` fail, up to the first that does not."""
        errors = []
        for value in values:
            error = self._failure({**choices, key: value})
            if error is None:
                break
            errors.append(error)
        return errors

    def _failure(self, fixed: Mapping[str, Any]) -> str | None:
        """Return why no config with the values ``fixed`` works, or None if one does."""
        from swatch.compose import compose

        first = None
        for unit in _SURROUNDINGS:
            values = {key: dist.from_unit(unit) for key, dist in self._space.swept.items()}
            point = self._space.restrict({**values, **fixed})
            try:
                self._attempt(compose([*self._overrides, *self._space.overrides(point)]))
            except UserError as error:
                first = first or str(error)
            else:
                return None
        return first

    def _choices_with(self, key: str) -> Iterator[dict[str, Any]]:
        """Return choices of swept groups under which ``key`` counts: each choice of its own group in turn."""
        conditions, own = self._space.conditions.get(key, {}), key.split(".")[0]
        swept = {
            group: [
                choice for choice in dist.values if group not in conditions or choice in conditions[group]
            ]
            for group, dist in self._space.swept.items()
            if isinstance(dist, Categorical) and (group in conditions or group == own) and group != key
        }
        first = {group: choices[0] for group, choices in swept.items()}
        for choice in swept.get(own, [None]):
            yield {**first, own: choice} if own in swept else first

    def _blamed(self, message: str, tried: str | None = None, place: Place = ()) -> UserError:
        """Return the error, with the line of the swept key that the message is about."""
        given = {text.partition("=")[0].lstrip("+~") for text in self._overrides}
        known = {*self._space.parameters, *given}
        named = [key for key in known if re.search(rf"(?<![\w.]){re.escape(key)}(?!\w)", message)]
        about = max(named, key=len, default=tried)
        if about is not None and tried is not None and tried.startswith(f"{about}."):
            about = tried
        if about is None or about in given:
            return UserError(message)
        return self._config.source.error(place if about == tried else self._config.path_of(about), message)


def _bounded(distribution: Distribution) -> bool:
    return bool(getattr(distribution, "bounded", True))


def _tried(path: Place, distribution: Distribution) -> Iterator[tuple[Place, list[Any]]]:
    """Return the places in the YAML, and the values there of which one must work."""
    if isinstance(distribution, Categorical):
        for index, value in enumerate(distribution.values):
            yield (*path, "values", index), [value]
    elif isinstance(distribution, Discrete) and distribution.bounded:
        for index in dict.fromkeys((0, distribution.size - 1)):
            yield path, [distribution.value_at(index)]
    else:
        for units in _ENDS:
            yield path, [distribution.from_unit(unit) for unit in units]
