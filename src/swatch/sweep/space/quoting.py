"""Values as Hydra overrides, so that Hydra reads back exactly what was meant.

The grammar is Hydra's override grammar (https://hydra.cc/docs/1.3/advanced/override_grammar/basic/). Python's
own ``str`` would not do: ``None`` would arrive as the text "None", and a dict or a text with a comma, an
equals sign or a bracket would be refused or read as something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# A text that Hydra's lexer reads as itself without quotes.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_RESERVED = re.compile(r"true|false|null|inf|nan", re.IGNORECASE)
_QUOTE_AFTER_BACKSLASHES = re.compile(r"(\\*)'")
_BACKSLASHES_AT_END = re.compile(r"(\\+)\Z")
# What the grammar allows in the key of a dict, where quotes are not understood.
_DICT_KEY_CHARACTERS = re.compile(r"[A-Za-z0-9_/\-\\+.$%*@?|()\[\]{}:=, \t]+")
_DICT_KEY_ESCAPED = re.compile(r"([\\()\[\]{}:=, \t])")
_LIKE_A_NUMBER = re.compile(r"[+-]?[0-9._]*([eE][+-]?[0-9_]+)?|[+-]?(inf|nan)", re.IGNORECASE)


def override(key: str, value: Any) -> str:
    """Return ``key=value`` for Hydra; raises ValueError if the grammar has no way to say ``value``."""
    return f"{key}={quote(value)}"


def quote(value: Any) -> str:
    """Return ``value`` in Hydra's override grammar.

    Takes None, truth values, numbers, texts, lists and dicts of those with text keys. Raises ValueError for
    anything else, and for dict keys that the grammar cannot say (quotes, accents, texts like numbers).
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return _quote_text(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(quote(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_quote_key(key)}:{quote(item)}" for key, item in value.items()) + "}"
    raise ValueError(f"a {type(value).__name__} cannot be written as a Hydra override: {value!r}")


def _quote_text(text: str) -> str:
    if _PLAIN.fullmatch(text) and not _RESERVED.fullmatch(text):
        return text
    # Backslashes mean themselves, except right before a quote, where they must be doubled.
    escaped = _QUOTE_AFTER_BACKSLASHES.sub(r"\1\1\\'", text)
    escaped = _BACKSLASHES_AT_END.sub(r"\1\1", escaped)
    return f"'{escaped}'"


def _quote_key(key: Any) -> str:
    if (
        isinstance(key, str)
        and _DICT_KEY_CHARACTERS.fullmatch(key)
        and not _LIKE_A_NUMBER.fullmatch(key)
        and not _RESERVED.fullmatch(key)
    ):
        return _DICT_KEY_ESCAPED.sub(r"\\\1", key)
    raise ValueError(f"the dict key {key!r} cannot be written as a Hydra override; use letters, digits and _")
