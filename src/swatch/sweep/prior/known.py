"""One known point, and how values from elsewhere become a point of the space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from swatch.sweep.distributions import Constant, Discrete, Distribution
from swatch.sweep.records import Point, TrialRecord, TrialState
from swatch.sweep.space.search_space import SearchSpace


@dataclass(frozen=True)
class KnownPoint:
    """A point that somebody has tried or believes in."""

    point: Point
    value: float | None
    """The sweep's metric there; None for a point that is to be tried first."""
    source: str
    """Where it comes from, such as ``points.csv:3``."""

    def record(self) -> dict[str, Any]:
        """Return it as plain values for the ledger."""
        return asdict(self)

    def as_trial(self, space: SearchSpace, number: int) -> TrialRecord:
        """Return it as a finished trial for the searches; a negative ``number`` is none of the sweep's."""
        return TrialRecord(
            number=number,
            point=self.point,
            point_key=space.point_key(self.point),
            run_id=self.source,
            seed=0,
            state=TrialState.FINISHED,
            objective=self.value,
        )


class PointError(ValueError):
    """Values are no point of the space; ``key`` names the one at fault."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def fit_point(space: SearchSpace, values: Mapping[str, Any]) -> Point:
    """Return the point of ``space`` that ``values`` (dotted key to value) describe.

    Keys that are not active beside the others, or not of the space, are left aside. Raises PointError if a
    swept key is missing or has a value that the sweep never tries, and if a constant differs.
    """
    for key, distribution in space.parameters.items():
        if isinstance(distribution, Constant) and key in values and not distribution.contains(values[key]):
            raise PointError(key, f"{values[key]!r} is not the sweep's constant {distribution.describe()}")
    point: Point = {}
    for key in space.order:
        if space.is_active(key, point):
            if key not in values:
                raise PointError(key, "it has no value")
            point[key] = _typed(key, space.swept[key], values[key])
    return space.restrict(point)


def _typed(key: str, distribution: Distribution, value: Any) -> Any:
    if not distribution.contains(value):
        raise PointError(key, f"{value!r} is not one of the sweep's values ({distribution.describe()})")
    if isinstance(distribution, Discrete):
        return distribution.value_at(distribution.index_of(value))
    return float(value)
