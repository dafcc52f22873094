"""Building objects from config: the only place that instantiates."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from swatch.compose.diagnosis import explain_value
from swatch.compose.targets import find_target
from swatch.errors import UserError, did_you_mean
from swatch.schema.hints import Unfit, fit, hints_of, nearest, show

TARGET = "_target_"


def build(node: DictConfig | Mapping[str, Any], /, **runtime: Any) -> Any:
    """Build the object that a config node describes: call its ``_target_`` with the node's other keys.

    Nodes within the node that have a ``_target_`` are built first. Every key is checked against the
    target's signature and type hints before anything is called.

    Args:
        node: a node of a composed config, such as ``composition.config.optimizer``.
        runtime: arguments that only the program knows, such as ``classes``; they must not be in the node.

    Raises:
        UserError: the target is unknown or not admitted (``compose.trusted_packages``), a key is no
            argument of it, an argument is missing or not taken, or a value has the wrong type or is refused
            by the target itself; the message names the config key.
    """
    path, trusted = "", ()
    values: Any = node
    if isinstance(node, DictConfig):
        path = str(node._get_full_key(None))
        trusted = tuple(OmegaConf.select(node._get_root(), "compose.trusted_packages") or ())
        try:
            values = OmegaConf.to_container(node, resolve=True, throw_on_missing=True)
        except OmegaConfBaseException as error:
            raise UserError(explain_value(error)) from None
    return _build(values, path, trusted, runtime)


def build_plain(values: Mapping[str, Any], path: str, trusted: Sequence[str] = ()) -> Any:
    """Build what plain values describe, as ``build`` does; nothing in them is interpolated.

    Args:
        values: a mapping with a ``_target_``.
        path: what to call it in messages.
        trusted: packages that are admitted besides swatch.

    Raises:
        UserError: as ``build``.
    """
    return _build(values, path, trusted, {})


def _build(values: Any, path: str, trusted: Sequence[str], runtime: Mapping[str, Any]) -> Any:
    if not isinstance(values, Mapping) or TARGET not in values:
        raise UserError(f"{path or 'the config node'} needs a {TARGET}, which says what to build")
    target = find_target(values[TARGET], f"{path}.{TARGET}".lstrip("."), trusted)
    given = {key: value for key, value in values.items() if key != TARGET}
    _check_names(target, values[TARGET], given, runtime, path)
    hints = hints_of(target)
    arguments = {}
    for key, value in given.items():
        inner = _build_inner(value, f"{path}.{key}".lstrip("."), trusted)
        try:
            arguments[key] = fit(hints.get(key, Any), inner)
        except Unfit as error:
            near = nearest(hints[key], value)
            raise UserError(f"{path}.{key} must be {error}, not {show(value)}{near}".lstrip(".")) from None
    try:
        return target(**arguments, **runtime)
    except UserError as error:
        raise UserError(_locate(str(error), path, given)) from error


def _build_inner(value: Any, path: str, trusted: Sequence[str]) -> Any:
    """Build every node with a ``_target_`` inside a value."""
    if isinstance(value, dict):
        if TARGET in value:
            return _build(value, path, trusted, {})
        return {key: _build_inner(item, f"{path}.{key}", trusted) for key, item in value.items()}
    if isinstance(value, list):
        return [_build_inner(item, f"{path}.{index}", trusted) for index, item in enumerate(value)]
    return value


def _check_names(
    target: Callable[..., Any], name: str, given: Mapping[str, Any], runtime: Mapping[str, Any], path: str
) -> None:
    """Check the argument names against the signature, before anything is called."""
    parameters = inspect.signature(target).parameters
    named = {
        key: parameter
        for key, parameter in parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    prefix = f"{path}." if path else ""
    settable = [prefix + key for key in named if key not in runtime]
    for key in given:
        if key in runtime:
            raise UserError(f"{prefix}{key} is set by the program; remove it from the config")
        if key not in named and not takes_any:
            raise UserError(
                f"unknown key '{prefix}{key}': {name} takes no such argument."
                f"{did_you_mean(f'{prefix}{key}', settable)}"
            )
    for key in runtime:
        if key not in named and not takes_any:
            raise UserError(
                f"{prefix}{TARGET}: {name} does not take '{key}', which the program hands over; "
                "name a function or class that does"
            )
    for key, parameter in named.items():
        if parameter.default is parameter.empty and key not in given and key not in runtime:
            raise UserError(f"{prefix}{key} is missing: {name} needs it")


def _locate(message: str, path: str, given: Mapping[str, Any]) -> str:
    """Put the config path before a constructor's own message, unless the message names it already."""
    if not path or path in message:
        return message
    first = message.split(maxsplit=1)[0].strip("'`:,") if message else ""
    return f"{path}.{message}" if first in given else f"{path}: {message}"
