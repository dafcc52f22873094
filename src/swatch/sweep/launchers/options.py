"""Checking the config group ``launcher`` before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from swatch.errors import UserError, did_you_mean
from swatch.schema.hints import AtLeast, Unfit, fit, show
from swatch.sweep.launchers import ray_options, slurm_options

KINDS = ("local", "slurm", "ray")


def is_of_launcher(override: str) -> bool:
    """Tell whether a Hydra override is about where agents run, and not about what they train."""
    key = override.partition("=")[0].lstrip("+~")
    return key == "launcher" or key.startswith("launcher.")


def check_launcher(settings: Mapping[str, Any], storage: str | None) -> None:
    """Check that agents can be started so, and that they can share the ledger.

    Args:
        settings: the resolved config group ``launcher``; an empty one is that of local processes.
        storage: the URL that was asked for; None for the SQLite file in the sweep's folder.

    Raises:
        UserError: a value that does not fit, a program or package that is not on this machine, or a SQLite
            file for agents on several hosts.
    """
    kind = settings.get("kind", "local")
    if kind not in KINDS:
        near = did_you_mean(str(kind), KINDS)
        raise UserError(f"launcher.kind must be one of {', '.join(KINDS)}, not {show(kind)}.{near}")
    if kind == "local":
        _check_value("cpus", settings.get("cpus", 1), Annotated[int, AtLeast(1)])
        return
    one_host = "launcher.one_host=true if all agents run on this host"
    if kind == "slurm":
        _check_values(settings, slurm_options.HINTS, ("time", "memory"))
        slurm_options.check(settings)
    else:
        _check_values(settings, ray_options.HINTS, ("memory", "resources"))
        ray_options.check(settings)
        one_host += f", or launcher.address={ray_options.THIS_HOST} for a cluster of this host alone"
    is_sqlite = storage is None or storage.startswith("sqlite")
    if is_sqlite and not (settings["one_host"] or settings.get("address") == ray_options.THIS_HOST):
        raise UserError(
            f"--launcher {kind} starts agents on several hosts, and a SQLite file must not serve them (its "
            "locks are not safe on network file systems); give --storage postgresql://user@host/database, or "
            f"{one_host}."
        )


def _check_values(settings: Mapping[str, Any], hints: Mapping[str, Any], others: tuple[str, ...]) -> None:
    """Check the keys of ``hints`` by their types, and that there are none but those and ``others``."""
    known = ("kind", "agents", *others, *hints)
    for key in settings:
        if key not in known:
            raise UserError(f"unknown key 'launcher.{key}'.{did_you_mean(key, known)}")
    for key, hint in hints.items():
        if key not in settings:
            raise UserError(f"the config lacks the key 'launcher.{key}'")
        _check_value(key, settings[key], hint)


def _check_value(key: str, value: Any, hint: Any) -> None:
    try:
        fit(hint, value)
    except Unfit as error:
        raise UserError(f"launcher.{key} must be {error}, not {show(value)}") from None
