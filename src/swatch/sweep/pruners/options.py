"""``--pruner``: a rule by its name and parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from swatch.errors import UserError, did_you_mean
from swatch.sweep.pruners.asha import Asha
from swatch.sweep.pruners.decision import Rule
from swatch.sweep.pruners.hyperband import Hyperband
from swatch.sweep.pruners.median import Median
from swatch.sweep.pruners.patience import Patience


@dataclass(frozen=True)
class _Parameter:
    read: Callable[[str], Any]
    """From the text; raises ValueError."""
    is_right: Callable[[Any], bool]
    words: str
    """What would be right."""

    def value(self, text: str) -> Any:
        """Return the value, or raise ValueError."""
        found = self.read(text)
        if not self.is_right(found):
            raise ValueError(text)
        return found


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


_COUNT = _Parameter(int, lambda value: value >= 1, "a whole number of at least 1")
_COUNT_OR_NONE = _Parameter(int, lambda value: value >= 0, "a whole number of at least 0")
_FACTOR = _Parameter(float, lambda value: math.isfinite(value) and value > 1, "a number above 1")
_AMOUNT = _Parameter(float, lambda value: math.isfinite(value) and value >= 0, "a number of at least 0")
_TRUTH = _Parameter(_truth, lambda value: True, "true or false")


@dataclass(frozen=True)
class _Kind:
    build: Callable[..., Rule]
    parameters: Mapping[str, _Parameter] = field(default_factory=dict)


def _hyperband(**given: Any) -> Hyperband:
    if "max_iter" not in given and "s" not in given:
        given.setdefault("min_iter", 1)
    if ("min_iter" in given) == ("max_iter" in given) or ("max_iter" in given) != ("s" in given):
        raise ValueError("give either min_iter, or max_iter together with s")
    rule = Hyperband(**given)
    if not rule.bands():
        raise ValueError(f"no band lies below max_iter {rule.max_iter} with eta {rule.eta:g}")
    return rule


PRUNERS: Mapping[str, _Kind] = {
    "hyperband": _Kind(
        _hyperband, {"min_iter": _COUNT, "max_iter": _COUNT, "s": _COUNT, "eta": _FACTOR, "strict": _TRUTH}
    ),
    "asha": _Kind(Asha, {"min_iter": _COUNT, "eta": _FACTOR}),
    "median": _Kind(Median, {"warmup": _COUNT_OR_NONE, "min_trials": _COUNT}),
    "patience": _Kind(Patience, {"patience": _COUNT, "min_delta": _AMOUNT}),
}
"""The rules by name, and what each can be told."""

NO_PRUNER = "none"


def parse_pruner(text: str | None, early_terminate: Hyperband | None) -> Rule | None:
    """Return the stopping rule of a sweep, or None if nothing stops.

    ``text`` is what ``--pruner`` says: ``NAME`` or ``NAME:KEY=VALUE,KEY=VALUE``, such as
    ``asha:min_iter=2,eta=4``. It replaces the YAML's ``early_terminate`` whole; ``none`` switches that off,
    and without ``--pruner`` (None) it holds. ``hyperband`` without parameters is the YAML's if there is one,
    else it has ``min_iter=1``. Raises UserError for an unknown name, key or value.
    """
    if text is None:
        return early_terminate
    name, _, rest = text.partition(":")
    if name == NO_PRUNER and not rest:
        return None
    if name not in PRUNERS:
        names = (*PRUNERS, NO_PRUNER)
        raise UserError(
            f"--pruner '{text}': there is no rule '{name}'.{did_you_mean(name, names)} "
            f"It is one of: {', '.join(names)}."
        )
    if name == "hyperband" and not rest and early_terminate is not None:
        return early_terminate
    kind = PRUNERS[name]
    given = dict(_read(text, name, part, kind.parameters) for part in rest.split(",") if part)
    try:
        return kind.build(**given)
    except ValueError as error:
        raise UserError(f"--pruner '{text}': {error}.") from None


def _read(text: str, name: str, part: str, known: Mapping[str, _Parameter]) -> tuple[str, Any]:
    key, equals, value = (piece.strip() for piece in part.partition("="))
    if key not in known:
        raise UserError(
            f"--pruner '{text}': {name} has no '{key}'.{did_you_mean(key, known)} "
            f"It takes {', '.join(known)}."
        )
    try:
        return key, known[key].value(value)
    except (ValueError, KeyError):
        given = f"'{value}'" if equals else "nothing"
        raise UserError(f"--pruner '{text}': {key} must be {known[key].words}, not {given}.") from None
