"""Checking the config group ``launcher`` before anything starts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from typing import Annotated, Any

from swatch.errors import UserError, did_you_mean
from swatch.schema.hints import Above, AtLeast, Unfit, fit, show

KINDS = ("local", "slurm")
PROGRAMS = ("sbatch", "squeue", "scontrol", "scancel")
_SLURM_HINTS: dict[str, Any] = {
    "partition": str | None,
    "account": str | None,
    "cpus": Annotated[int, AtLeast(1)],
    "extra": list[str],
    "setup": list[str],
    "poll_seconds": Annotated[float, Above(0)],
    "one_host": bool,
}


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
        UserError: a value that does not fit, a program that is not on this machine, or a SQLite file for
            agents on several hosts.
    """
    kind = settings.get("kind", "local")
    if kind not in KINDS:
        near = did_you_mean(str(kind), KINDS)
        raise UserError(f"launcher.kind must be one of {', '.join(KINDS)}, not {show(kind)}.{near}")
    if kind == "local":
        return
    _check_values(settings)
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if lacking:
        raise UserError(
            f"--launcher slurm: there is no {lacking[0]} on this machine; start the sweep on a login node of "
            "the cluster."
        )
    is_sqlite = storage is None or storage.startswith("sqlite")
    if is_sqlite and not settings["one_host"]:
        raise UserError(
            "--launcher slurm starts agents on several hosts, and a SQLite file must not serve them (its "
            "locks are not safe on network file systems); give --storage postgresql://user@host/database, or "
            "launcher.one_host=true if all jobs run on this host."
        )


def _check_values(settings: Mapping[str, Any]) -> None:
    known = ("kind", "agents", "time", "memory", *_SLURM_HINTS)
    for key in settings:
        if key not in known:
            raise UserError(f"unknown key 'launcher.{key}'.{did_you_mean(key, known)}")
    for key, hint in _SLURM_HINTS.items():
        if key not in settings:
            raise UserError(f"the config lacks the key 'launcher.{key}'")
        try:
            fit(hint, settings[key])
        except Unfit as error:
            raise UserError(f"launcher.{key} must be {error}, not {show(settings[key])}") from None
    _check_text(settings, "time", r"[1-9]\d*|\d+[-:][\d:]+", "minutes or a text such as '4:00:00'")
    # Without a unit sbatch means megabytes, and nobody else does.
    _check_text(settings, "memory", r"\d+[KMGT]B?", "a number with its unit, such as 4G")
    for option in settings["extra"]:
        if not option.startswith("-"):
            raise UserError(f"launcher.extra holds options of sbatch such as '--qos=low', not {show(option)}")


def _check_text(settings: Mapping[str, Any], key: str, pattern: str, right: str) -> None:
    value = settings.get(key)
    if value is not None and (
        isinstance(value, bool) or not re.fullmatch(pattern, str(value), re.IGNORECASE)
    ):
        raise UserError(f"launcher.{key} must be {right}, not {show(value)}")
