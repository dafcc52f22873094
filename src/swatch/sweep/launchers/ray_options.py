"""Checking the keys of ``launcher=ray``."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from typing import Annotated, Any

from swatch.errors import UserError
from swatch.schema.hints import AtLeast, Unfit, fit, show

HINTS: dict[str, Any] = {
    "address": str | None,
    "cpus": Annotated[int, AtLeast(1)],
    "one_host": bool,
}
THIS_HOST = "local"
"""The address that stands for a cluster of this host alone, which lives as long as the sweep's controller."""
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def check(settings: Mapping[str, Any]) -> None:
    """Check what a type does not say, and that Ray is installed. Raises UserError."""
    memory_bytes(settings)
    resources = settings.get("resources") or {}
    if not isinstance(resources, Mapping):
        raise UserError(
            f"launcher.resources must map names to amounts, such as {{fast_disk: 1}}, not {show(resources)}"
        )
    for name, amount in resources.items():
        try:
            fit(Annotated[float, AtLeast(0)], amount)
        except Unfit as error:
            raise UserError(f"launcher.resources.{name} must be {error}, not {show(amount)}") from None
    if importlib.util.find_spec("ray") is None:
        raise UserError("--launcher ray needs the package ray: pip install 'swatch[ray]'")


def memory_bytes(settings: Mapping[str, Any]) -> int | None:
    """Return ``launcher.memory`` in bytes. Raises UserError if it is no number with a unit."""
    value = settings.get("memory")
    if value is None:
        return None
    found = re.fullmatch(r"(\d+)([KMGT])B?", str(value), re.IGNORECASE)
    if found is None:
        raise UserError(f"launcher.memory must be a number with its unit, such as 4G, not {show(value)}")
    return int(found[1]) * _UNITS[found[2].upper()]
