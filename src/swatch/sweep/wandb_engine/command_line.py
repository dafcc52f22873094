"""The command line that ``wandb agent`` gives to a sweep's program, whatever macro the sweep's YAML uses.

The agent writes values as Python prints them: ``None`` would arrive as a text, ``a=b=c`` or ``(1)`` not at
all. But it also leaves them, typed, in a file whose path it tells (``WANDB_SWEEP_PARAM_PATH``). So the values
come from there, and the command line only says which words are not the agent's: those that the user wrote
into the YAML's ``command``. They are overrides too, and count in the order in which they stand.

Without that file (another program that imitates the agent) the words themselves are read as well as can be.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swatch.compose import overrides
from swatch.errors import UserError


@dataclass(frozen=True)
class CommandLine:
    """A program's arguments, sorted out."""

    values: Mapping[str, Any]
    """The run's parameters."""
    before: tuple[str, ...] = ()
    """The user's own words that stand before the agent's."""
    after: tuple[str, ...] = ()
    """Those that stand behind them."""


def read(arguments: Sequence[str], values: Mapping[str, Any] | None) -> CommandLine:
    """Sort out the arguments of a sweep's program.

    Args:
        arguments: Without the program's own name.
        values: The run's parameters from the agent's file; None if there is none.

    Raises:
        UserError: An argument cannot be read.
    """
    if values is None:
        return _read_words(arguments)
    own: list[tuple[int, str]] = []
    first_of_agent = len(arguments)
    index = 0
    while index < len(arguments):
        length = _agents_words(arguments[index:], values)
        if length:
            first_of_agent = min(first_of_agent, index)
        else:
            own.append((index, _without_hyphens(arguments[index])))
        index += length or 1
    before = tuple(word for place, word in own if place < first_of_agent)
    after = tuple(word for place, word in own if place > first_of_agent)
    return CommandLine(values, before, after)


def _agents_words(words: Sequence[str], values: Mapping[str, Any]) -> int:
    """Return how many of the first words are one parameter, or all of them, as a macro writes it."""
    word = words[0]
    name = word.lstrip("-+").partition("=")[0]
    if name in values:
        value = values[name]
        if word.lstrip("-+") == f"{name}={value}":  # ${args} and its variants
            return 1
        if word == f"--{name}":
            if list(words[1:2]) == [str(value)]:  # ${args_no_equals}
                return 2
            return int(value is True)  # ${args_no_boolean_flags}
    return int(_is_json_of(word, values))


def _is_json_of(word: str, values: Mapping[str, Any]) -> bool:
    """Whether the word is ``${args_json}`` or, a path, ``${args_json_file}``."""
    text = word
    if word.endswith(".json"):
        try:
            text = Path(word).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return False
    return bool(_json(text) == values)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _without_hyphens(word: str) -> str:
    return word.lstrip("-")


def _read_words(arguments: Sequence[str]) -> CommandLine:
    """Read the values from the words, where there is nothing better: as Python writes them, or Hydra."""
    values: dict[str, Any] = {}
    own: list[str] = []
    for word in map(_without_hyphens, arguments):
        key, equals, text = word.partition("=")
        if isinstance(whole := _json(word), dict):
            values |= whole
        elif equals and key and key[0] not in "+~":
            values[key] = _value(word, text)
        else:
            own.append(word)
    return CommandLine(values, after=tuple(own))


def _value(word: str, text: str) -> Any:
    if text == "None":
        return None
    if text.startswith(("[", "{")):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError):
            pass  # Then it may be a list of Hydra's.
    try:
        parsed = overrides.parse(word)
    except UserError:
        return text
    return text if parsed.is_sweep_override() else parsed.value()
