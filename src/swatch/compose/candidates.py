"""What the shell may offer for an override: groups, choices and keys, through Hydra's own completion."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

from hydra.core.override_parser.types import Override
from hydra.plugins.completion_plugin import DefaultCompletionPlugin

from swatch.compose import locations, overrides
from swatch.compose.engine import compose
from swatch.compose.keys import is_list
from swatch.compose.locations import ROOT_CONFIG
from swatch.compose.session import session
from swatch.errors import UserError
from swatch.schema import Settings


def candidates(words: Sequence[str], word: str) -> list[str]:
    """Return the completions of ``word`` after the overrides ``words``.

    Hydra's own keys (``hydra.``) are offered only to those who begin to type them.
    """
    valid = [text for text in words if _readable(text) is not None]
    key, equals, value = word.partition("=")
    if equals and (known := _known_values(key)):
        return [f"{key}={choice}" for choice in known if choice.startswith(value)]
    with session(locations.find()) as hydra:
        found = DefaultCompletionPlugin(hydra.config_loader())._query(ROOT_CONFIG, " ".join([*valid, word]))
    if not word.startswith("hydra"):
        found = [text for text in found if not text.startswith("hydra")]
    # A section that is also a group (`optimizer.` and `optimizer=`) is offered both ways; a target is no
    # business of the command line.
    offered = [text for text in found if "_target_" not in text and not text.startswith("project")]
    return _lists_whole(offered, valid)


def _lists_whole(found: Sequence[str], words: Sequence[str]) -> list[str]:
    """Offer a list as one value (``model.hidden_sizes=``), where Hydra offers its items."""
    try:
        config = compose(words).config
    except UserError:
        return list(found)
    whole = {text for text in found if text.endswith(".") and is_list(config, text[:-1])}
    return [f"{text[:-1]}=" if text in whole else text for text in found]


def _readable(text: str) -> Override | None:
    try:
        return overrides.parse(text)
    except UserError:
        return None


def _known_values(key: str) -> tuple[str, ...]:
    """Return the values that a typed key admits, if they can be listed."""
    hint: Any = Settings
    for part in key.split("."):
        if not dataclasses.is_dataclass(hint) or part not in (hints := get_type_hints(hint)):
            return ()
        hint = hints[part]
    if get_origin(hint) is Literal:
        return get_args(hint)
    return ("true", "false") if hint is bool else ()
