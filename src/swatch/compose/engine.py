"""Composition itself: Hydra's, with the part that repeats in a process remembered."""

from __future__ import annotations

import copy
import dataclasses
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from hydra import compose as hydra_compose
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from swatch import schema
from swatch.compose import diagnosis, locations, overrides
from swatch.compose.composition import Composition
from swatch.compose.locations import ROOT_CONFIG, Locations
from swatch.compose.session import session
from swatch.errors import UserError

_Base = tuple[DictConfig, dict[str, str]]

# Hydra takes 50 to 100 ms to read and merge the files of one set of choices; a sweep uses few sets and many
# values. The key holds the state of every config file, so an edited file is read again.
_bases: OrderedDict[tuple[Locations, tuple[str, ...]], _Base] = OrderedDict()
_MOST_BASES = 64


def compose(texts: Sequence[str] = (), *, project: Path | None = None) -> Composition:
    """Compose and check the config of one run.

    Args:
        texts: Hydra overrides such as ``optimizer=adam`` or ``model.hidden_sizes=[256,128]``.
        project: folder whose ``conf/`` goes before ours; the working directory unless given.

    Raises:
        UserError: an override or a config file is wrong; one line that names it and what would be right.
    """
    where = locations.find(project)
    parsed = [overrides.parse(text) for text in texts]
    for override in parsed:
        overrides.reject_sweep(override)
    diagnosis.check_choices(parsed, where)
    values = [o for o in parsed if _is_value(o, where)]
    rest = [o for o in parsed if o not in values]
    if all(overrides.is_plain(override) for override in rest):
        base, choices = _base(where, tuple(str(o.input_line) for o in rest))
        config = copy.deepcopy(base)
        for override in values:
            _apply(override, config, where, choices)
    else:
        # `+key=value`, `~key` and `group@package` mix with plain values in order: Hydra does them all.
        config, choices = _hydra(where, [str(o.input_line) for o in parsed], parsed)
    return _checked(config, choices, tuple(texts), where)


def compose_choices(choices: Mapping[str, str], *, project: Path | None = None) -> DictConfig:
    """Compose the chosen files alone, unchecked: mandatory values may be missing.

    Args:
        choices: config group to file, or to several as ``a,b``; a group that the root does not choose from
            is added to it.
        project: as for :func:`compose`.

    Raises:
        UserError: a group has no such file, or a file is wrong.
    """
    where = locations.find(project)
    _, usual = _base(where, ())
    texts = tuple(
        f"{'' if group in usual else '+'}{group}={f'[{name}]' if ',' in name else name}"
        for group, name in choices.items()
    )
    config, _ = _base(where, texts)
    return copy.deepcopy(config)


def groups(project: Path | None = None) -> dict[str, list[str]]:
    """Return every config group with its choices, the project's included."""
    return locations.find(project).groups


def _is_value(override: Override, where: Locations) -> bool:
    is_choice = override.key_or_group in where.groups and not isinstance(override.value(), dict)
    return overrides.is_plain(override) and not is_choice


def _base(where: Locations, texts: tuple[str, ...]) -> _Base:
    """Compose the chosen files without values, or return the remembered composition."""
    key = (where, texts)
    if key not in _bases:
        _bases[key] = _hydra(where, list(texts), [overrides.parse(text) for text in texts])
        while len(_bases) > _MOST_BASES:
            _bases.popitem(last=False)
    _bases.move_to_end(key)
    return _bases[key]


def _hydra(where: Locations, texts: list[str], parsed: list[Override]) -> _Base:
    try:
        with session(where):
            config = hydra_compose(ROOT_CONFIG, texts, return_hydra_config=True)
            chosen: Any = OmegaConf.to_container(config.hydra.runtime.choices)
    except yaml.YAMLError as error:
        raise UserError(diagnosis.explain_yaml(error)) from None
    except (HydraException, OmegaConfBaseException, ValueError, OSError) as error:
        raise UserError(diagnosis.explain(error, parsed, where)) from None
    with open_dict(config):
        del config["hydra"]
    choices = {
        group: choice if isinstance(choice, str) else ",".join(map(str, choice))
        for group, choice in sorted(chosen.items())
        if choice is not None and group in where.groups
    }
    return config, choices


def _apply(override: Override, config: DictConfig, where: Locations, choices: dict[str, str]) -> None:
    try:
        OmegaConf.update(config, override.key_or_group, override.value(), merge=True)
    except OmegaConfBaseException:
        raise UserError(diagnosis.unknown_override(override, config, where, choices)) from None


def _checked(
    config: DictConfig, choices: dict[str, str], texts: tuple[str, ...], where: Locations
) -> Composition:
    try:
        plain: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise UserError(diagnosis.explain_value(error)) from None
    typed = dataclasses.asdict(schema.check(plain, where.groups))
    _write_back(typed, plain, config)
    return Composition(config, choices, texts, where.folders)


def _write_back(typed: dict[str, Any], plain: dict[str, Any], node: DictConfig) -> None:
    """Put the values that the check made whole numbers or fractions (10.0 epochs) back into the config."""
    for key, value in typed.items():
        if isinstance(value, dict):
            _write_back(value, plain[key], node[key])
        elif type(value) is not type(plain[key]):
            node[key] = value
