"""A composed config as an experiment: a YAML that `swatch train experiment=NAME` composes to the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf

from swatch.compose.composition import Composition
from swatch.compose.engine import compose, compose_choices
from swatch.compose.keys import config_keys
from swatch.errors import UserError
from swatch.files import make_folder, write_text

GROUP = "experiment"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# What no YAML reader takes for anything but a text. OmegaConf's, for one, takes 1e5 for a number.
_PLAIN_TEXT = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_LINE_LENGTH = 110
_SHOWN_KEYS = 3


def experiment_name(path: Path) -> str:
    """Return what the experiment in ``path`` is called on the command line.

    Raises:
        UserError: `swatch train experiment=NAME` would not find the file, or not take its name.
    """
    if path.suffix != ".yaml" or path.absolute().parts[-3:-1] != ("conf", GROUP):
        name = path.stem if _NAME.fullmatch(path.stem) else "NAME"
        raise UserError(
            f"--export {path}: experiments are YAML files in conf/{GROUP}/, where `swatch train` looks for "
            f"them; write --export conf/{GROUP}/{name}.yaml"
        )
    if not _NAME.fullmatch(path.stem):
        raise UserError(
            f"--export {path}: the name of an experiment has letters, digits, '_' and '-', a letter first"
        )
    return path.stem


def write_experiment(
    composition: Composition, comments: Sequence[str], path: Path, *, replace: bool = False
) -> str:
    """Write an experiment that composes to the same config, and see that it does.

    Args:
        composition: what it must come to.
        comments: lines that say where it is from.
        path: ``<project>/conf/experiment/NAME.yaml``.
        replace: write over a file that exists.

    Returns:
        Its name.

    Raises:
        UserError: the path is no place for experiments, there is a file and ``replace`` is not set, or the
            config cannot be said as an experiment; then nothing is written.
    """
    name, project = experiment_name(path), path.absolute().parents[2]
    if path.exists() and not replace:
        raise UserError(f"--export: {path} exists already; another name keeps it, --force writes over it")
    earlier = path.read_bytes() if path.exists() else None
    text = experiment_text(composition, comments, project=project)
    make_folder(path.parent)
    write_text(path, text)
    try:
        problem = _difference(composition, compose([f"{GROUP}={name}"], project=project))
    except UserError as error:
        problem = str(error)
    if problem is not None:
        if earlier is None:
            path.unlink()
        else:
            path.write_bytes(earlier)
        raise UserError(
            f"--export: an experiment file cannot say this config ({problem}); nothing is written"
        )
    return name


def experiment_text(
    composition: Composition, comments: Sequence[str] = (), *, project: Path | None = None
) -> str:
    """Return a composition as an experiment: which files it chooses, and the values that differ from theirs.

    Experiments that took part are dissolved into it, so that it does not change when they do.
    """
    usual = compose([], project=project).choices
    choices = {group: name for group, name in composition.choices.items() if group != GROUP}
    base: Any = OmegaConf.to_container(compose_choices(choices, project=project), resolve=False)
    wanted: Any = OmegaConf.to_container(composition.config, resolve=False)
    lines = ["# @package _global_", *(f"# {line}" for line in comments)]
    entries = {group: f"/{group}: {f'[{name}]' if ',' in name else name}" for group, name in choices.items()}
    added = [f"  - {entry}" for group, entry in entries.items() if group not in usual]
    chosen = [
        f"  - override {entry}"
        for group, entry in entries.items()
        if group in usual and usual[group] != choices[group]
    ]
    if added or chosen:
        lines += ["defaults:", *added, *(["  - _self_"] if added else []), *chosen]
    text = "\n".join(lines) + "\n"
    values = _changed(base, wanted)
    return text + "\n" + _yaml(values) if values else text


def _changed(base: Mapping[Any, Any], wanted: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return what must be merged into ``base`` to make it ``wanted``."""
    found = {}
    for key, value in wanted.items():
        earlier = base.get(key)
        if isinstance(value, Mapping) and isinstance(earlier, Mapping):
            if inner := _changed(earlier, value):
                found[key] = inner
        elif key not in base or not _equal(earlier, value):
            found[key] = value
    return found


def _equal(one: Any, other: Any) -> bool:
    """Whether two values are the same and of one type: 1 is not 1.0, and not true."""
    return type(one) is type(other) and repr(one) == repr(other)


def _difference(wanted: Composition, found: Composition) -> str | None:
    """Return in words what the experiment gets wrong, or None."""
    if _equal(wanted.plain, found.plain):
        return None
    ones, others = _leaves(wanted.plain), _leaves(found.plain)
    keys = sorted(key for key in ones.keys() | others.keys() if ones.get(key) != others.get(key))
    if not keys:
        # The same but for the order of the keys, which means nothing.
        return None
    more = f" and {len(keys) - _SHOWN_KEYS} more" if len(keys) > _SHOWN_KEYS else ""
    return f"{', '.join(keys[:_SHOWN_KEYS])}{more} would differ"


def _leaves(values: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for key in config_keys(values):
        node: Any = values
        for part in key.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        found[key] = repr(node)
    return found


class _Dumper(yaml.SafeDumper):
    """Writes YAML that every reader takes the same way: texts in quotes unless they look like words."""


def _represent_text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    is_word = _PLAIN_TEXT.fullmatch(value) and yaml.safe_load(value) == value
    style = None if is_word else "'" if value.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _represent_list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    is_flat = all(not isinstance(item, dict | list) for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=is_flat)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_list)


def _yaml(values: Mapping[Any, Any]) -> str:
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_LINE_LENGTH)
