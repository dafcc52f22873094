"""Checking the keys of ``launcher=slurm``."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from typing import Annotated, Any

from swatch.errors import UserError
from swatch.schema.hints import Above, AtLeast, show

_TIME = r"[1-9]\d*|\d+:\d+(:\d+)?|\d+-\d+(:\d+){0,2}"
PROGRAMS = ("sbatch", "squeue", "scontrol", "scancel")
HINTS: dict[str, Any] = {
    "partition": str | None,
    "account": str | None,
    "cpus": Annotated[int, AtLeast(1)],
    "extra": list[str],
    "setup": list[str],
    "poll_seconds": Annotated[float, Above(0)],
    "one_host": bool,
}


def check(settings: Mapping[str, Any]) -> None:
    """Check what a type does not say, and that Slurm is here. Raises UserError."""
    _check_text(settings, "time", _TIME, "minutes or a text such as '4:00:00'")
    # Without a unit sbatch means megabytes, and nobody else does.
    _check_text(settings, "memory", r"\d+[KMGT]B?", "a number with its unit, such as 4G")
    for option in settings["extra"]:
        if not option.startswith("-"):
            raise UserError(f"launcher.extra holds options of sbatch such as '--qos=low', not {show(option)}")
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if lacking:
        raise UserError(
            f"--launcher slurm: there is no {lacking[0]} on this machine; start the sweep on a login node of "
            "the cluster."
        )


def seconds_of(time: int | str | None) -> int | None:
    """Return a checked ``launcher.time`` in seconds, None for the partition's own.

    As sbatch reads it: minutes, minutes:seconds, hours:minutes:seconds, or behind days and a hyphen hours,
    hours:minutes or hours:minutes:seconds.
    """
    if time is None:
        return None
    days, hyphen, rest = str(time).rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    if hyphen:
        hours, minutes, seconds = [*parts, 0, 0][:3]
        return 86_400 * int(days) + 3600 * hours + 60 * minutes + seconds
    if len(parts) == 3:
        return 3600 * parts[0] + 60 * parts[1] + parts[2]
    return 60 * parts[0] + (parts[1] if len(parts) == 2 else 0)


def _check_text(settings: Mapping[str, Any], key: str, pattern: str, right: str) -> None:
    value = settings.get(key)
    if value is not None and (
        isinstance(value, bool) or not re.fullmatch(pattern, str(value), re.IGNORECASE)
    ):
        raise UserError(f"launcher.{key} must be {right}, not {show(value)}")
