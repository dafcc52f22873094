"""One line for what went wrong in a composition, in place of Hydra's several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig

from swatch.compose.keys import config_keys, has_key, names, nearest_key
from swatch.compose.locations import Locations
from swatch.compose.overrides import is_hydra
from swatch.errors import UserError, did_you_mean

RECIPES = "experiment"
"""The group that may be null, or a list of several."""


def check_choices(parsed: Sequence[Override], where: Locations) -> None:
    """Check that every ``group=choice`` names a choice that exists.

    Raises:
        UserError: the choice (or a needed one: ``model=null``) does not exist; lists those that do.
    """
    for override in parsed:
        group = override.key_or_group
        if group not in where.groups or override.is_delete():
            continue
        value = override.value()
        if isinstance(value, dict) or (value is None and group == RECIPES):
            continue
        if isinstance(value, list) and group != RECIPES:
            raise UserError(
                f"{override.input_line}: {group} takes one choice of {', '.join(where.groups[group])}"
            )
        for choice in value if isinstance(value, list) else [value]:
            if where.file_of(group, str(choice)) is None:
                shown = "null" if choice is None else choice
                choices = where.groups[group]
                raise UserError(
                    f"{group}={shown}: there is no {group} '{shown}', only {', '.join(choices)}."
                    f"{did_you_mean(str(choice), choices)}"
                )


def unknown_override(
    override: Override, config: DictConfig, where: Locations, choices: dict[str, str]
) -> str:
    """Return the message for a value that the composed config has no place for."""
    key, value = override.key_or_group, override.value()
    if isinstance(value, dict) and has_key(config, key):
        inner = [f"{key}.{name}" for name in config_keys({str(k): v for k, v in value.items()})]
        key = next((name for name in inner if not has_key(config, name)), key)
    if has_key(config, key):
        return f"{override.input_line}: the config cannot hold this value at '{key}'"
    return unknown_key(key, config, where, choices)


def unknown_key(key: str, config: DictConfig, where: Locations, choices: dict[str, str]) -> str:
    """Return the message for an override whose key the composed config does not have."""
    if "/" in key:
        return f"unknown config group '{key}'.{did_you_mean(key, where.groups)}"
    owners = key_owners(key, where)
    for group, having in owners.items():
        if choices.get(group) not in having:
            others = " or ".join(f"{group}={name}" for name in having)
            return f"unknown key '{key}' with {group}={choices.get(group)}; it belongs to {others}"
    known = {*names(config), *where.groups}
    nearest, section = nearest_key(key, known), key.rpartition(".")[0]
    within = sorted(name for name in known if section and name.rpartition(".")[0] == section)
    hint = f" Did you mean {nearest!r}?" if nearest else ""
    if not nearest and within:
        ends = [name.rpartition(".")[2] for name in within]
        hint = f" {section} has {', '.join(end for end in ends if end != '_target_')}."
    return f"unknown key '{key}'.{hint} `swatch train --help` lists all keys."


def key_owners(key: str, where: Locations) -> dict[str, list[str]]:
    """Return which choices have a key: ``optimizer.beta1`` gives ``{"optimizer": ["adam"]}``.

    Only what the choice's own file says counts; empty for keys outside the groups.
    """
    group, _, rest = key.partition(".")
    if not rest or group not in where.groups:
        return {}
    owners = []
    for choice in where.groups[group]:
        path = where.file_of(group, choice)
        if path is not None and has_key(_read(path, path.stat().st_mtime_ns), rest):
            owners.append(choice)
    return {group: owners} if owners else {}


@lru_cache(maxsize=256)
def _read(path: Path, modified: int) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


def explain_yaml(error: yaml.YAMLError) -> str:
    """Return file, line and problem of a config file that is no YAML."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "cannot be read"
    if mark is None:
        return f"a config file is no valid YAML: {one_line(str(error))}"
    name = re.sub(r"^<.*>$", "a config file", mark.name)
    return f"{name} is no valid YAML: line {mark.line + 1}, column {mark.column + 1}: {problem}"


def explain(error: Exception, parsed: Sequence[Override], where: Locations) -> str:
    """Return one line for a failure of Hydra's, naming the override that caused it where one did."""
    text = one_line(str(error) or str(error.__cause__ or type(error).__name__))
    if twice := re.match(r"Multiple values for ([^ ]+)\.", text):
        return f"{twice[1]} is chosen already; to choose another one write {twice[1]}=... without '+'"
    text = re.sub(r"\s*(Config search path:|Search path:|To append to your|See https?://).*", "", text)
    text = re.sub(r"Available options in '([^']*)':\s*", r"It has: ", text)
    for override in parsed:
        if is_hydra(override) or override.input_line is None:
            continue
        if override.input_line in text or f"'{override.get_key_element().lstrip('+~')}'" in text:
            return f"{override.input_line}: {text}"
    return f"the config cannot be composed: {text}"


def explain_value(error: Exception) -> str:
    """Return one line for a value that cannot be resolved (a missing ``???`` or a bad ``${...}``)."""
    key = getattr(error, "full_key", None)
    text = one_line(str(error)).split(" full_key:")[0]
    return f"{key}: {text}" if key else f"the config cannot be resolved: {text}"


def one_line(text: str) -> str:
    """Join the lines of a message."""
    return " ".join(text.split())
