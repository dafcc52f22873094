"""Checking plain values against type hints, for the typed top level and for constructors' arguments."""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from swatch.errors import did_you_mean


class Unfit(Exception):  # noqa: N818 - the value does not fit
    """A value is not what the hint asks for; the message says what would be."""


@dataclass(frozen=True)
class AtLeast:
    """A number not below ``minimum``: ``Annotated[int, AtLeast(1)]``."""

    minimum: float

    def admits(self, value: float) -> bool:
        """Whether the number is in range; nan never is."""
        return value >= self.minimum

    def __str__(self) -> str:
        return f"of at least {self.minimum:g}"


@dataclass(frozen=True)
class Above:
    """A finite number above ``bound``."""

    bound: float

    def admits(self, value: float) -> bool:
        """Whether the number is in range; nan never is."""
        return self.bound < value < math.inf

    def __str__(self) -> str:
        return f"above {self.bound:g}"


@dataclass(frozen=True)
class Below:
    """A number below ``bound``."""

    bound: float

    def admits(self, value: float) -> bool:
        """Whether the number is in range; nan never is."""
        return value < self.bound

    def __str__(self) -> str:
        return f"below {self.bound:g}"


Constraint = AtLeast | Above | Below


def hints_of(target: Callable[..., Any]) -> dict[str, Any]:
    """Return the type hints of a callable's arguments; none where they cannot be evaluated."""
    function = target.__init__ if inspect.isclass(target) else target
    try:
        return get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError):
        # Hints that exist for type checkers only: the values are passed on as they are.
        return {}


def fit(hint: Any, value: Any) -> Any:
    """Return ``value`` as the hint asks for it: 64.0 becomes 64 for an ``int``, 7 the text ``"7"``.

    A type that takes the value as it is goes before one that it would have to be converted for.

    Hints that say nothing of plain values (protocols, classes) let everything pass.

    Raises:
        Unfit: the value is of another type, none of the allowed ones, or out of range.
    """
    for convert in (False, True):
        for option in _options(hint):
            try:
                return _fit(option, value, convert)
            except Unfit:
                continue
    raise Unfit(describe(hint))


def describe(hint: Any) -> str:
    """Return what a hint asks for, in words: ``"a whole number of at least 1 or null"``."""
    return " or ".join(_describe(option) for option in _options(hint))


def nearest(hint: Any, value: Any) -> str:
    """Return ``". Did you mean 'x'?"`` where a hint lists its choices and one of them is near ``value``."""
    choices = [
        choice
        for option in _options(hint)
        if (get_origin(option) or option) is Literal
        for choice in get_args(option)
        if isinstance(choice, str)
    ]
    question = did_you_mean(value, choices) if isinstance(value, str) else ""
    return question and f".{question}"


def show(value: Any) -> str:
    """Return a value as one would write it in YAML."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return repr(value)


_WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    dict: "a mapping",
    Mapping: "a mapping",
    types.NoneType: "null",
}


def _describe(option: Any) -> str:
    if get_origin(option) is Annotated:
        inner, *constraints = get_args(option)
        limits = " and ".join(
            str(constraint) for constraint in constraints if isinstance(constraint, Constraint)
        )
        return f"{describe(inner)} {limits}"
    origin = get_origin(option) or option
    if origin is Literal:
        return "one of " + ", ".join(map(str, get_args(option)))
    if _is_list(origin):
        items = [describe(item) for item in get_args(option) if item is not Ellipsis]
        return "a list" + (f", each item {items[0]}" if len(set(items)) == 1 else "")
    return _WORDS.get(origin) or str(getattr(origin, "__name__", origin))


def _options(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _is_list(origin: Any) -> bool:
    return origin in (list, tuple, Sequence, Iterable)


def _fit(hint: Any, value: Any, convert: bool) -> Any:
    origin = get_origin(hint) or hint
    if origin is Annotated:
        inner, *constraints = get_args(hint)
        fitting = fit(inner, value)
        for constraint in constraints:
            _require(not isinstance(constraint, Constraint) or constraint.admits(fitting))
        return fitting
    if origin is Literal:
        return _require(value in get_args(hint), value)
    if origin is int:
        whole = int(value) if convert and isinstance(value, float) and value.is_integer() else value
        return _require(isinstance(whole, int) and not isinstance(whole, bool), whole)
    if origin is float:
        is_number = isinstance(value, (int, float) if convert else float) and not isinstance(value, bool)
        return float(_require(is_number, value))
    if origin is str:
        # `run.id=7`: the command line takes digits for a number.
        is_number = isinstance(value, int) and not isinstance(value, bool)
        text = str(value) if convert and is_number else value
        return _require(isinstance(text, str), text)
    if origin in (bool, types.NoneType):
        return _require(isinstance(value, origin), value)
    if origin in (dict, Mapping):
        return _require(isinstance(value, Mapping), value)
    if _is_list(origin):
        return _fit_list(hint, value)
    return value


def _fit_list(hint: Any, value: Any) -> Any:
    _require(isinstance(value, (list, tuple)))
    arguments = get_args(hint)
    fixed = get_origin(hint) is tuple and Ellipsis not in arguments and bool(arguments)
    _require(not fixed or len(arguments) == len(value))
    hints = arguments if fixed else (arguments[:1] or (Any,)) * len(value)
    items = [fit(item_hint, item) for item_hint, item in zip(hints, value, strict=True)]
    return tuple(items) if get_origin(hint) is tuple else items


def _require(fits: bool, value: Any = None) -> Any:
    if not fits:
        raise Unfit
    return value
