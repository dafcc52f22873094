"""Names of runs: a readable one from a template, and an id that sorts by time."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from swatch.errors import UserError, did_you_mean

MAX_NAME = 128
_MAX_ID_NAME = 48
_DROPPED = "\0"
_SHORT_KEYS = {"learning_rate": "lr", "weight_decay": "wd", "batch_size": "batch"}
# These say where and how a run is watched, not what is trained.
_UNNAMED = ("tracking", "run", "paths", "launcher", "compose", "hydra")
_UNNAMED_KEYS = ("training.progress", "training.resume", "training.test", "training.threads",
                 "data.folder", "data.cache", "data.checksums", "data.mirrors")  # fmt: skip
# Parts of the config that do not change what is trained: an interrupted run goes on whatever they say.
_NOT_TRAINED = ("tracking", "run", "paths", "launcher", "hydra")
_NOT_TRAINED_KEYS = ("progress", "resume", "test")


def run_name(
    template: str, config: Mapping[str, Any], choices: Mapping[str, str], overrides: Sequence[str]
) -> str:
    """Fill in ``run.name``.

    ``{optimizer}`` is the choice made for that config group, ``{optimizer.learning_rate}`` a value of the
    config, ``{swept}`` everything that was overridden in short form (``adam_lr0.002_256-128``), or
    model and optimizer if nothing was. A value of null is dropped together with the word before it.

    Raises:
        UserError: The template names something that the config does not have.
    """

    def value(match: re.Match[str]) -> str:
        key = match[1].strip()
        if key == "swept":
            return swept_name(config, choices, overrides)
        if key in choices:
            return choices[key]
        found, item = _lookup(config, key)
        if not found:
            known = ["swept", *choices, *(name for name, _ in _leaves(config))]
            raise UserError(f"run.name: there is no '{{{key}}}' in the config.{did_you_mean(key, known)}")
        return _DROPPED if item is None else format_value(item)

    name = re.sub(r"\{([^{}]+)\}", value, template)
    name = re.sub(rf"[_\-. ]?[A-Za-z]*{_DROPPED}", "", name).strip("_-. ")
    return name[:MAX_NAME] or "run"


def swept_name(config: Mapping[str, Any], choices: Mapping[str, str], overrides: Sequence[str]) -> str:
    """Return what was overridden in short form, values as the config has them."""
    parts = []
    for override in overrides:
        key = override.partition("=")[0].lstrip("+").partition("@")[0]
        if key.startswith("~") or key.split(".")[0] in _UNNAMED or key in _UNNAMED_KEYS:
            continue
        if key in choices:
            parts.append(choices[key])
            continue
        found, value = _lookup(config, key)
        if found and value is not None:
            parts.append(_short(key.rpartition(".")[2], value))
    if not parts:
        parts = [choices[group] for group in ("model", "optimizer") if group in choices]
    return "_".join(dict.fromkeys(parts)) or "run"


def format_value(value: Any) -> str:
    """Return a value as it stands in a name: lists joined by ``-``, floats as short as ``%g``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        # Without its plus sign, which a run id cannot hold: 1e+30 must not become 1e-30 there.
        return f"{value:g}".replace("e+", "e")
    if isinstance(value, list | tuple):
        return "-".join(format_value(item) for item in value)
    if isinstance(value, Mapping):
        return "-".join(f"{key}{format_value(item)}" for key, item in value.items())
    return str(value)


def run_id(name: str, fingerprint: str, now: datetime) -> str:
    """Return an id that sorts by time, tells what was trained and ends in the config's fingerprint.

    It is a valid folder name and a valid wandb run id (none of ``/ \\ # ? % :``, at most 128 characters).
    """
    slug = re.sub(r"[^A-Za-z0-9_.\-]+", "-", name).strip("-._")
    if len(slug) > _MAX_ID_NAME:
        # At the end of a part: half a number would be another number.
        kept, _, _ = slug[: _MAX_ID_NAME + 1].rpartition("_")
        slug = kept or slug[:_MAX_ID_NAME]
    slug = slug.strip("-._") or "run"
    return f"{now:%Y%m%d-%H%M%S}-{slug}-{fingerprint}"


def config_fingerprint(config: Mapping[str, Any]) -> str:
    """Return eight hexadecimal digits that are equal for configs that train the same way."""
    text = json.dumps(_trained(config), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def config_differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return the dotted keys whose values differ and count for the training."""
    ones, others = trained_values(first), trained_values(second)
    return sorted(key for key in ones.keys() | others.keys() if ones.get(key) != others.get(key))


def trained_values(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a config that count for the training, under dotted keys."""
    return dict(_leaves(_trained(config)))


def _trained(config: Mapping[str, Any]) -> dict[str, Any]:
    trained = {key: value for key, value in config.items() if key not in _NOT_TRAINED}
    if isinstance(trained.get("training"), Mapping):
        trained["training"] = {k: v for k, v in trained["training"].items() if k not in _NOT_TRAINED_KEYS}
    return trained


def _short(key: str, value: Any) -> str:
    key = _SHORT_KEYS.get(key, key)
    if isinstance(value, bool):
        return key if value else f"no-{key}"
    if isinstance(value, list | tuple | str):
        return re.sub(r"[\s/\\#?%:]+", "-", format_value(value))
    return f"{key}{format_value(value)}"


def _lookup(config: Mapping[str, Any], key: str) -> tuple[bool, Any]:
    node: Any = config
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return False, None
        node = node[part]
    return True, node


def _leaves(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
