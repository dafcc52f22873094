"""Overrides from the arguments that ``wandb agent`` gives to a sweep's program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from swatch.compose import locations, overrides
from swatch.compose.diagnosis import key_owners
from swatch.compose.engine import compose
from swatch.compose.keys import has_key


def adapt(arguments: Sequence[str], project: Path | None = None) -> tuple[list[str], list[str]]:
    """Turn an agent's arguments into overrides.

    Hyphens before a key are dropped (``${args}`` writes ``--seed=1``), Python's ``None`` becomes null, and
    a key that only another choice has (``optimizer.momentum`` with ``optimizer=adam``) is set aside: W&B
    sweeps cannot say that a key belongs to some choices only.

    Returns:
        The overrides, and those that were set aside.

    Raises:
        UserError: an override cannot be read, or a choice does not exist.
    """
    texts = [_from_python(text) for text in arguments]
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


def _from_python(text: str) -> str:
    key, equals, value = text.lstrip("-").partition("=")
    return f"{key}{equals}{'null' if value == 'None' else value}"
