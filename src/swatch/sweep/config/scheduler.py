"""The ``method`` of a sweep, also where its ``scheduler`` block names one of ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from swatch.errors import UserError, did_you_mean
from swatch.sweep.config.yaml_source import YamlSource

METHODS = ("grid", "random", "bayes")

SOURCE_FILE = "swatch_scheduler.py"
"""The name of a file that hands out our searches to ``wandb sweep-scheduler``; by it a scheduler is ours."""


def read_method(source: YamlSource, raw: Mapping[str, Any]) -> str:
    """Return the search of a sweep: its method, or with ``method: custom`` the one its scheduler names.

    Raises UserError, with line and key, for an unknown method and for schedulers that are not ours.
    """
    method = raw.get("method")
    if method == "custom":
        return _scheduled(source, raw.get("scheduler"))
    if "scheduler" in raw:
        raise source.error(("scheduler",), "it belongs to `method: custom`; remove one or change the other")
    if method is None:
        raise UserError(f"{source.name}: the key method is missing; it is one of: {', '.join(METHODS)}")
    if method not in METHODS:
        raise source.error(
            ("method",),
            f"unknown method {method!r}.{did_you_mean(str(method), METHODS)} "
            f"It is one of: {', '.join(METHODS)}.",
        )
    return str(method)


def _scheduled(source: YamlSource, scheduler: object) -> str:
    if not isinstance(scheduler, dict) or not _is_ours(scheduler):
        raise source.error(
            ("scheduler",) if scheduler is not None else ("method",),
            "other programs' schedulers run with `wandb sweep-scheduler` only; here write `method:` "
            f"{', '.join(METHODS)}, or the scheduler {{engine: optuna, source: scripts/{SOURCE_FILE}, "
            "optimizer: bayes}",
        )
    optimizer = scheduler.get("optimizer")
    if optimizer not in METHODS:
        raise source.error(
            ("scheduler", "optimizer"),
            f"{SOURCE_FILE} has no search {optimizer!r}.{did_you_mean(str(optimizer), METHODS)} "
            f"It has: {', '.join(METHODS)}.",
        )
    return str(optimizer)


def _is_ours(scheduler: Mapping[str, Any]) -> bool:
    return scheduler.get("engine") == "optuna" and PurePath(str(scheduler.get("source"))).name == SOURCE_FILE
