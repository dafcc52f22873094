"""The typed top level of a config: what every run has, whatever model and data are chosen.

The open groups (model, data, optimizer, ...) are checked against the signatures of what they build, by
``swatch.compose.build``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_type_hints

from swatch.errors import UserError, did_you_mean
from swatch.schema.hints import Above, AtLeast, Below, Unfit, fit, nearest, show

Monitored = Literal["val/accuracy", "val/loss", "train/accuracy", "train/loss"]
MONITORED: tuple[str, ...] = get_args(Monitored)
"""The metrics that training logs at every epoch and that can therefore be watched."""


@dataclass(frozen=True)
class EarlyStopping:
    """When to give up on a run that no longer improves."""

    patience: Annotated[int, AtLeast(0)] | None
    """Epochs without improvement before training stops; null: never stop early."""
    min_delta: Annotated[float, AtLeast(0)]
    """What counts as an improvement of the monitored metric."""


@dataclass(frozen=True)
class GradientClippingSettings:
    """Bounds on the gradient; null: none."""

    norm: Annotated[float, Above(0)] | None
    value: Annotated[float, Above(0)] | None


@dataclass(frozen=True)
class Training:
    """How the loop runs."""

    monitor: Monitored
    goal: Literal["maximize", "minimize"]
    early_stopping: EarlyStopping
    checkpoint: bool
    evaluation_batch_size: Annotated[int, AtLeast(1)]
    flip_average: bool
    """Whether the validation averages over each image and its mirror image."""
    gradient_clipping: GradientClippingSettings
    weight_average: Annotated[float, AtLeast(0), Below(1)] | None
    """Decay of the moving average of the weights; null: none."""
    accumulation: Annotated[int, AtLeast(1)]
    """Batches per optimizer step."""
    test: bool
    """Whether the test set is read once, when the training has ended."""
    threads: Annotated[int, AtLeast(1)]
    progress: bool
    resume: str


@dataclass(frozen=True)
class Run:
    """How the run is called."""

    name: str
    id: str | None
    notes: str | None
    tags: list[str]


@dataclass(frozen=True)
class Paths:
    """Where results go."""

    runs: str


@dataclass(frozen=True)
class Tracking:
    """What wandb is told, and how."""

    mode: Literal["auto", "online", "offline", "disabled"]
    project: str
    entity: str | None
    group: str | None
    job_type: str | None
    model: Literal["auto"] | bool
    """Whether the best weights are sent as an artifact; "auto": of single runs, not of a sweep's trials."""
    dataset: bool
    samples: Annotated[int, AtLeast(0)]
    """Validation images per class that are shown with the network's answers."""
    norms: bool
    git: bool
    tensorboard: bool
    """Whether the run directory gets an event file for TensorBoard."""
    system_stats: bool
    console: bool


@dataclass(frozen=True)
class Compose:
    """What may be built from a config."""

    trusted_packages: list[str]


@dataclass(frozen=True)
class Settings:
    """The top level of ``conf/train.yaml`` without the open groups."""

    seed: Annotated[int, AtLeast(0)]
    epochs: Annotated[int, AtLeast(1)]
    batch_size: Annotated[int, AtLeast(1)]
    training: Training
    run: Run
    paths: Paths
    tracking: Tracking
    compose: Compose


OPEN_GROUPS = (
    *("data", "model", "loss", "optimizer", "scheduler", "regularization", "augmentation"),
    "launcher",
)
"""Top-level keys whose content belongs to the chosen file."""


def check(config: Mapping[str, Any], groups: Mapping[str, Any] | None = None) -> Settings:
    """Check the typed top level of a resolved config and return it.

    Args:
        config: resolved plain values; whole numbers given as floats (10.0 epochs) become integers here.
        groups: config groups beyond ours; a project's own may hold anything.

    Raises:
        UserError: a key is unknown, missing, of the wrong type or out of range.
    """
    fields = [field.name for field in dataclasses.fields(Settings)]
    known = {*fields, *OPEN_GROUPS, *(group.split("/")[0] for group in groups or ())}
    for key in config:
        if key not in known:
            raise UserError(f"unknown key '{key}' in the config.{did_you_mean(key, known)}")
    for group in OPEN_GROUPS:
        if group not in config:
            raise UserError(f"the config lacks the group '{group}'; choose one with {group}=...")
        if not isinstance(config[group], Mapping):
            raise UserError(f"the config of {group} must hold keys, not {show(config[group])}")
    settings = _section(Settings, {key: config[key] for key in fields if key in config}, "")
    assert isinstance(settings, Settings)
    return settings


def _section(section: Any, values: Any, path: str) -> Any:
    """Build one dataclass from a mapping, checking every field."""
    if not isinstance(values, Mapping):
        raise UserError(f"{path} must hold keys ({', '.join(get_type_hints(section))}), not {show(values)}")
    hints = get_type_hints(section, include_extras=True)
    prefix = f"{path}." if path else ""
    for key in values:
        if key not in hints:
            keys = [prefix + known for known in hints]
            raise UserError(f"unknown key '{prefix}{key}'.{did_you_mean(f'{prefix}{key}', keys)}")
    for key in hints:
        if key not in values:
            raise UserError(f"the config lacks the key '{prefix}{key}'")
    return section(**{key: _value(hint, values[key], prefix + key) for key, hint in hints.items()})


def _value(hint: Any, value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _section(hint, value, path)
    try:
        return fit(hint, value)
    except Unfit as error:
        raise UserError(f"{path} must be {error}, not {show(value)}{nearest(hint, value)}") from None
