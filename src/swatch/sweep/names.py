"""The names of sweeps and of their runs."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from swatch.errors import UserError

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def identity(
    sweep: Mapping[str, Any], overrides: Sequence[str], seed: int, function: str | None, repeats: int = 1
) -> str:
    """Return a hash of what a sweep is made from: YAML, overrides, seed, function, seeds a configuration.

    Comments, the order of keys and ``run_cap`` do not count: a sweep may be asked for more trials.
    """
    meaning = {key: value for key, value in sweep.items() if key != "run_cap"}
    made_from = {"sweep": meaning, "overrides": list(overrides), "seed": seed, "function": function}
    if repeats > 1:
        made_from["repeats"] = repeats
    text = json.dumps(made_from, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def check_name(name: str) -> None:
    """Raise UserError unless a sweep's name is fit for a folder and a wandb id."""
    if not _NAME.fullmatch(name):
        raise UserError(
            f"--name '{name}': use at most 64 letters, digits, '-', '_' and '.', a letter or digit first."
        )


def sweep_base(title: str, identity_hash: str) -> str:
    """Return the id of a sweep that has no name, such as ``quick-3f9a2c``."""
    slug = re.sub(r"[^A-Za-z0-9_.-]+", "-", title).strip("-._")[:40] or "sweep"
    return f"{slug}-{identity_hash[:6]}"


def numbered(base: str) -> Iterator[str]:
    """Return ``base``, ``base-2``, ``base-3`` ... without end."""
    yield base
    for number in itertools.count(2):
        yield f"{base}-{number}"


def run_id(sweep: str, number: int) -> str:
    """Return the id of a trial's run, which sorts by number.

    Its random end keeps it apart from a run of an equal sweep elsewhere: wandb takes an id only once.
    """
    return f"{sweep}-{number:03d}-{''.join(secrets.choice(_ALPHABET) for _ in range(4))}"


def repeat_id(first: str, repeat: int) -> str:
    """Return the id of a trial's run with another seed, from that of its first; ``repeat`` counts from 1."""
    return f"{first}-{repeat + 1}"


def check_count(sweep_id: str, count: int | None, *, begun: int) -> None:
    """Raise UserError if a sweep is to have fewer trials than it has begun."""
    if count is not None and count < begun:
        raise UserError(
            f"sweep {sweep_id} has begun {counted(begun, 'trial')} already, more than {count}; "
            f"`--count` says how many there are to be in all. To end it with these: --count {begun}."
        )


def counted(number: int, noun: str) -> str:
    """Return ``1 trial``, ``2 trials``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
