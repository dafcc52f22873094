"""Reading single overrides (``key=value``), and what to say when one cannot be read."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType, ValueType
from hydra.errors import HydraException

from swatch.errors import UserError


@lru_cache(maxsize=4096)
def parse(text: str) -> Override:
    """Parse one override.

    Raises:
        UserError: it does not follow Hydra's grammar; the message says how to write it.
    """
    if text.lstrip("+~ ").startswith("="):
        raise UserError(_explain(text))
    try:
        [override] = OverridesParser.create().parse_overrides([text])
    except HydraException:
        raise UserError(_explain(text)) from None
    return override


def _explain(text: str) -> str:
    key, equals, value = text.partition("=")
    if not equals:
        return f"cannot read '{text}': an override is written key=value, for example epochs=5"
    if not key.strip("+~ "):
        return f"cannot read the override '{text}': there is no key before '='"
    suggestion = f'{key}="{escape(value)}"'
    if _is_readable(suggestion):
        return (
            f"cannot read the value of the override {text}; "
            f"if it is a text, quote it for both the shell and Hydra: '{suggestion}'"
        )
    return f"cannot read the override {text}: '{key}' is no key; keys look like optimizer.learning_rate"


def escape(text: str) -> str:
    r"""Escape a text for Hydra's double quotes: ``\"``, and backslashes that would escape a quote."""
    escaped, backslashes = [], 0
    for character in text:
        if character == '"':
            escaped.append("\\" * backslashes + "\\")
        backslashes = backslashes + 1 if character == "\\" else 0
        escaped.append(character)
    return "".join(escaped) + "\\" * backslashes


def _is_readable(text: str) -> bool:
    try:
        OverridesParser.create().parse_overrides([text])
    except HydraException:
        return False
    return True


def is_plain(override: Override) -> bool:
    """Whether the override changes a value in the ordinary way: ``key=value``, without ``+ ~ @``."""
    return (
        override.type is OverrideType.CHANGE
        and override.value_type is ValueType.ELEMENT
        and override.package is None
        and not is_hydra(override)
    )


def is_hydra(override: Override) -> bool:
    """Whether the override is about Hydra itself (``hydra.verbose=true``, ``hydra/launcher=...``)."""
    return override.key_or_group.split(".")[0].split("/")[0] == "hydra"


def reject_sweep(override: Override) -> None:
    """Raise if the override holds several values: one training takes one.

    Raises:
        UserError: the override is a sweep such as ``seed=1,2``.
    """
    if override.is_sweep_override():
        text, key = str(override.input_line), override.get_key_element()
        is_list = override.value_type is ValueType.SIMPLE_CHOICE_SWEEP
        hint = f", or write {key}=[{override.get_value_string()}] for a list" if is_list else ""
        raise UserError(f"{text} gives several values: add -m to train once with each{hint}")


def expand(texts: list[str], choices: dict[str, list[str]]) -> list[list[str]]:
    """Return the jobs of a multirun: the product of all overrides with several values.

    Args:
        texts: overrides; those about Hydra itself are left out of the jobs.
        choices: config group to its choices, for ``glob(...)`` sweeps.

    Raises:
        UserError: an override cannot be read, or is an interval, which has no end of values.
    """
    columns: list[list[str]] = []
    for text in texts:
        override = parse(text)
        if is_hydra(override):
            continue
        columns.append(_values(override, text, choices))
    return [list(job) for job in product(*columns)]


def _values(override: Override, text: str, choices: dict[str, list[str]]) -> list[str]:
    if not override.is_sweep_override():
        return [text]
    key: Any = override.get_key_element()
    if override.value_type is ValueType.GLOB_CHOICE_SWEEP:
        names = override.value().filter(choices.get(override.key_or_group, []))  # type: ignore[union-attr]
        return [f"{key}={name}" for name in names]
    if not override.is_discrete_sweep():
        raise UserError(f"{text} cannot be enumerated; list the values (key=a,b) or use a sweep YAML")
    return [f"{key}={value}" for value in override.sweep_string_iterator()]
