"""Overrides from the arguments that ``wandb agent`` gives to a sweep's program."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from swatch.compose import locations, overrides
from swatch.compose.diagnosis import key_owners
from swatch.compose.engine import compose
from swatch.compose.keys import has_key
from swatch.errors import UserError


def adapt(arguments: Sequence[str], project: Path | None = None) -> tuple[list[str], list[str]]:
    """Turn an agent's arguments into overrides.

    Hyphens before a key are dropped (``${args}`` writes ``--seed=1``). Values, which the agent writes as
    Python does, become Hydra's: ``None`` is null, nested parameters (``model={'depth': 2}``) are dotted keys,
    and a text that Hydra would not take for one is quoted. A key that only another choice has
    (``optimizer.momentum`` with ``optimizer=adam``) is set aside: W&B sweeps cannot say that a key belongs to
    some choices only.

    Returns:
        The overrides, and those that were set aside.

    Raises:
        UserError: an override cannot be read, or a choice does not exist.
    """
    texts = [text for argument in arguments for text in _from_python(argument)]
    where = locations.find(project)
    chosen = [text for text in texts if overrides.parse(text).key_or_group in where.groups]
    composition = compose(chosen, project=project)
    kept: list[str] = []
    aside: list[str] = []
    for text in texts:
        key = overrides.parse(text).key_or_group
        elsewhere = not has_key(composition.config, key) and bool(key_owners(key, where))
        (aside if elsewhere else kept).append(text)
    return kept, aside


def _from_python(argument: str) -> Iterator[str]:
    key, equals, text = argument.lstrip("-").partition("=")
    value = _literal(text)
    if not equals or (value is None and text != "None"):
        yield _readable(f"{key}{equals}{text}")
    else:
        yield from _flat(key, value)


def _literal(text: str) -> Any:
    """Return the list or dict that a text of Python's stands for; None for ``None`` and everything else."""
    if not text.startswith(("[", "{")):
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError):
        return None


def _flat(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _flat(f"{key}.{name}", item)
    else:
        yield f"{key}={_hydra(value)}"


def _hydra(value: Any) -> str:
    """Return a value of Python's in Hydra's grammar."""
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_hydra, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}:{_hydra(item)}' for key, item in value.items())}}}"
    if isinstance(value, str):
        return f'"{overrides.escape(value)}"'
    return "null" if value is None else str(value)


def _readable(text: str) -> str:
    """Return the override itself, or with its value quoted where Hydra would not take it for one text."""
    key, equals, value = text.partition("=")
    try:
        if not overrides.parse(text).is_sweep_override():
            return text
    except UserError:
        if not equals or not key:
            return text
    return f'{key}="{overrides.escape(value)}"'
