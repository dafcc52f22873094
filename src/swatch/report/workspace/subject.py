"""What a workspace is about: which runs it shows, what was searched in them, and which metrics they have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swatch.report.labels import finite, short_names
from swatch.report.sweep.axes import flat_parameters
from swatch.sweep.records import Metrics

NETWORK_CURVES = {
    "val": ("val/accuracy", "val/loss"),
    "train": ("train/accuracy", "train/loss"),
    "test": ("test/accuracy", "test/loss"),
    "schedule": ("learning_rate", "momentum"),
    "speed": ("samples_per_second", "seconds"),
}
"""Section to the metrics that every training of the network logs."""
NORM_CURVES = ("norm/weight/", "norm/gradient/")
"""Beginnings of the metrics of single layers."""
UNSECTIONED = "metrics"
"""The section of a function's metrics whose names have no part before a slash."""
_NOT_METRICS = {"epoch", "step", "timestamp"}


@dataclass(frozen=True)
class Parameter:
    """A searched key of the config."""

    path: str
    """Where it stands in a run's config, dotted. A config group's choice shows in its ``_target_``."""
    label: str
    is_log: bool = False


@dataclass(frozen=True)
class Subject:
    """What to show of which runs."""

    name: str
    """The sweep's id, ours or W&B's; empty for a whole project."""
    members: tuple[str, str] | None
    """What the runs have in common: ``("Sweep", id)`` or ``("Group", name)``; None for a whole project."""
    metric: str
    goal: str
    """``"minimize"`` or ``"maximize"``."""
    parameters: tuple[Parameter, ...]
    curves: Mapping[str, Sequence[str]]
    """Section to metrics, each drawn over the epochs."""
    is_network: bool = True
    """Whether the runs have the network's matrices, tables and pictures."""
    has_norms: bool = False
    text: str = ""
    """The sweep YAML."""
    notice: str = ""
    """What the user should know about it, one line."""

    @property
    def title(self) -> str:
        """What the UI calls the workspace and the report."""
        return f"Swatch {self.name}" if self.name else "Swatch"


def searched_parameters(block: Mapping[str, Any], groups: Collection[str]) -> tuple[Parameter, ...]:
    """Return what a sweep YAML's ``parameters`` search, in its order; constants are left out.

    Args:
        block: The plain value, nested or with dotted keys.
        groups: The config groups: a parameter of such a name chooses a file.
    """
    specs = {key: spec for key, spec in flat_parameters(block) if _is_searched(spec)}
    labels = short_names(specs)
    return tuple(
        Parameter(config_path(key, groups), labels[key], "log" in str(spec.get("distribution", "")))
        for key, spec in specs.items()
    )


def config_path(key: str, groups: Collection[str]) -> str:
    """Return where the value of a sweep's key stands in a run's config.

    A group's choice is a section there; its ``_target_`` tells which. ``group@package`` puts it elsewhere.
    """
    group, _, package = key.partition("@")
    if group in groups:
        return f"{(package or group).replace('/', '.')}._target_"
    return key


def logged_curves(histories: Iterable[Sequence[Metrics]]) -> dict[str, tuple[str, ...]]:
    """Return section to metrics for histories of any function: a section is what stands before a slash."""
    names: dict[str, None] = {}
    for history in histories:
        for record in history:
            names |= {key: None for key, value in record.items() if finite(value) is not None}
    sections: dict[str, list[str]] = {}
    for name in names:
        if name not in _NOT_METRICS:
            sections.setdefault(name.rpartition("/")[0] or UNSECTIONED, []).append(name)
    return {section: tuple(metrics) for section, metrics in sections.items()}


def _is_searched(spec: Mapping[str, Any]) -> bool:
    values = spec.get("values")
    return "value" not in spec and not (isinstance(values, Sequence) and len(values) == 1)
