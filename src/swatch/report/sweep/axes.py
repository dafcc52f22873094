"""One axis per swept parameter: where a value lies between 0 and 1, and which ticks it carries.

The parallel coordinates and the importance share them. The scale comes from the sweep YAML's distribution,
the range from the values that were tried.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swatch.report.labels import finite, format_value
from swatch.sweep.records import TrialRecord

INACTIVE = "not used"
"""The label of a conditional parameter where its condition does not hold."""

# Below 0, apart from an axis's values: trials without the parameter meet in a point of their own.
INACTIVE_POSITION = -0.15

# Integers over a range no wider than this get a tick each, and none in between.
_FEW_INTEGERS = 10


@dataclass(frozen=True)
class Axis:
    """A parameter's axis; positions run from 0 to 1, and inactive trials lie below."""

    key: str
    positions: tuple[float, ...]
    """One for each trial."""
    ticks: tuple[tuple[float, str], ...]
    """Positions and labels, ascending."""
    is_discrete: bool
    is_log: bool
    low: float
    """Value at position 0 (a discrete axis: 0)."""
    high: float
    """Value at position 1 (a discrete axis: the number of choices less one)."""
    is_ordered: bool = True
    """Whether its values are numbers, so that more and less of it mean something."""

    @property
    def has_inactive(self) -> bool:
        """Whether the parameter was out of use in some trial."""
        return any(position < 0 for position in self.positions)

    @property
    def varies(self) -> bool:
        """Whether the trials differ in it."""
        return len(set(self.positions)) > 1

    def label_at(self, position: float) -> str:
        """Return what the axis says at a position: the nearest choice, or the number there."""
        if position < 0:
            return INACTIVE
        if self.is_discrete:
            return min(self.ticks, key=lambda tick: abs(tick[0] - position))[1]
        if self.is_log:
            return f"{self.low * (self.high / self.low) ** position:.2g}"
        return f"{self.low + (self.high - self.low) * position:.3g}"


def flat_parameters(
    parameters: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every parameter of a sweep YAML's ``parameters`` block with its dotted key, nested ones too."""
    for name, spec in parameters.items():
        if not isinstance(spec, Mapping):
            continue
        if isinstance(spec.get("parameters"), Mapping):
            yield from flat_parameters(spec["parameters"], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", spec


def build_axes(parameters: Mapping[str, Any], trials: Sequence[TrialRecord]) -> list[Axis]:
    """Return an axis for each parameter of the trials, in the order of the sweep YAML."""
    specs = dict(flat_parameters(parameters))
    tried = dict.fromkeys(key for trial in trials for key in trial.point)
    keys = [key for key in specs if key in tried] + [key for key in tried if key not in specs]
    return [_axis(key, specs.get(key, {}), trials) for key in keys]


def _axis(key: str, spec: Mapping[str, Any], trials: Sequence[TrialRecord]) -> Axis:
    values = [trial.point[key] for trial in trials if key in trial.point]
    if "values" in spec or any(finite(value) is None for value in values):
        return _discrete(key, spec.get("values"), values, trials)
    if all(isinstance(value, int) for value in values) and max(values) - min(values) <= _FEW_INTEGERS:
        return _discrete(key, range(min(values), max(values) + 1), values, trials)
    return _continuous(key, spec, [float(value) for value in values], trials)


def _discrete(key: str, listed: Any, values: list[Any], trials: Sequence[TrialRecord]) -> Axis:
    known = [*listed, *values] if isinstance(listed, Sequence) and not isinstance(listed, str) else values
    choices = {_identity(value): value for value in known}
    is_ordered = all(finite(value) is not None for value in choices.values())
    if is_ordered:
        choices = dict(sorted(choices.items(), key=lambda item: float(item[1])))
    place = {identity: index / max(len(choices) - 1, 1) for index, identity in enumerate(choices)}
    return Axis(
        key=key,
        positions=_positions(key, trials, lambda value: place[_identity(value)]),
        ticks=tuple((place[identity], format_value(value)) for identity, value in choices.items()),
        is_discrete=True,
        is_log=False,
        low=0.0,
        high=float(len(choices) - 1),
        is_ordered=is_ordered,
    )


def _identity(value: Any) -> str:
    # 1 and 1.0 are one choice, 1 and true are two, and lists cannot be dictionary keys.
    number = finite(value)
    if number is not None:
        return repr(number)
    return json.dumps(value, sort_keys=True, default=str)


def _continuous(
    key: str, spec: Mapping[str, Any], values: list[float], trials: Sequence[TrialRecord]
) -> Axis:
    low, high = min(values), max(values)
    is_log = "log" in str(spec.get("distribution", "")) and low > 0

    def position(value: Any) -> float:
        if high == low:
            return 0.5
        if is_log:
            return math.log(float(value) / low) / math.log(high / low)
        return (float(value) - low) / (high - low)

    marks = _log_marks(low, high) if is_log else _linear_marks(low, high)
    return Axis(
        key=key,
        positions=_positions(key, trials, position),
        ticks=tuple((position(mark), f"{mark:.6g}") for mark in marks),
        is_discrete=False,
        is_log=is_log,
        low=low,
        high=high,
    )


def _positions(key: str, trials: Sequence[TrialRecord], position: Any) -> tuple[float, ...]:
    return tuple(
        round(position(trial.point[key]), 6) if key in trial.point else INACTIVE_POSITION for trial in trials
    )


def _log_marks(low: float, high: float) -> list[float]:
    """Return round numbers between the two: powers of ten, with 2 and 5 between them over a short range."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1,), (1, 3), (1, 2, 5), tuple(range(1, 10))):
        marks = [digit * 10.0**exponent for exponent in exponents for digit in digits]
        inside = [mark for mark in marks if low <= mark <= high]
        if len(inside) >= 3:
            return inside
    return _linear_marks(low, high)


def _linear_marks(low: float, high: float) -> list[float]:
    """Return three to six round numbers between the two, or the two themselves if they are too close."""
    span = high - low
    if span <= 0:
        return [low]
    magnitude = 10.0 ** math.floor(math.log10(span))
    for step in (2 * magnitude, magnitude, 0.5 * magnitude, 0.25 * magnitude, 0.2 * magnitude):
        first = math.ceil(low / step - 1e-9)
        marks = [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]
        if len(marks) >= 3:
            return marks
    return [low, high]
