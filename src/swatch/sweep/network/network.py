"""What a sweep over the network's config needs beyond the space: its metric, its data, its tracking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

from swatch.errors import UserError
from swatch.sweep.config import SweepConfig
from swatch.sweep.space.quoting import override
from swatch.sweep.space.search_space import SearchSpace

if TYPE_CHECKING:
    from swatch.tracking.mode import Mode


@dataclass(frozen=True)
class CheckedNetwork:
    """A sweep whose every key, value and metric fits the composed config."""

    space: SearchSpace
    metric: str
    goal: str
    home: Path
    options: dict[str, Any]
    notices: list[str]


def check(config: SweepConfig, overrides: Sequence[str], tracking: str | None) -> CheckedNetwork:
    """Check a sweep against the config, resolve where it is tracked, and find its home.

    Raises UserError for a program that is not ours, for the first key, value or metric that does not fit,
    and for a tracking mode that cannot be had.
    """
    from swatch.compose import compose
    from swatch.schema.settings import Training
    from swatch.sweep.network.program import check_program
    from swatch.sweep.network.validation import check as check_space
    from swatch.tracking.mode import resolve_mode

    check_program(config)
    checked = check_space(config, list(overrides))
    constants = checked.space.constants
    plain = compose(overrides)
    settings = plain.settings
    metric = config.metric.name if config.metric is not None else settings.training.monitor
    goal = config.metric.goal if config.metric is not None else settings.training.goal
    monitored = get_args(get_type_hints(Training)["monitor"])
    base = []
    if metric in monitored and metric != settings.training.monitor:
        base.append(override("training.monitor", metric))
    if metric in monitored and goal != compose([*overrides, *base]).settings.training.goal:
        base.append(override("training.goal", goal))
    requested = tracking or constants.get("tracking.mode") or settings.tracking.mode
    mode = resolve_mode(requested)
    watch = [override("tracking.mode", mode.name), "training.progress=false"]
    given = {text.partition("=")[0].lstrip("+") for text in overrides} | set(checked.space.parameters)
    tracked: dict[str, Any] = {"mode": mode.name}
    for key, value in (("project", config.project), ("entity", config.entity)):
        if value is not None and f"tracking.{key}" not in given:
            watch.append(override(f"tracking.{key}", value))
            tracked[key] = value
        else:
            tracked[key] = constants.get(f"tracking.{key}", getattr(settings.tracking, key))
    options = {
        "tracking": tracked,
        "base_overrides": base,
        "watch_overrides": watch,
        "pinned": checked.pinned,
        "run_seed": settings.seed,
        "agents": agents_of(plain.plain["launcher"]),
        "epochs": constants.get("epochs", settings.epochs),
    }
    notices = [*checked.notices, *tracking_notice(requested, mode)]
    return CheckedNetwork(
        checked.space, metric, goal, Path(settings.paths.runs).expanduser().absolute(), options, notices
    )


def launcher(overrides: Sequence[str]) -> dict[str, Any]:
    """Return the config group ``launcher`` that the overrides choose."""
    from swatch.compose import compose

    chosen: dict[str, Any] = compose(overrides).plain["launcher"]
    return chosen


def agents_of(launcher: Mapping[str, Any]) -> int | None:
    """Return how many agents the config wants. Raises UserError for anything but a whole number or null."""
    from swatch.schema.hints import AtLeast, Unfit, fit, show

    value = launcher.get("agents")
    try:
        agents: int | None = fit(Annotated[int, AtLeast(1)] | None, value)
    except Unfit as error:
        raise UserError(f"launcher.agents must be {error}, not {show(value)}") from None
    return agents


def tracking_notice(requested: str, mode: Mode) -> list[str]:
    """Return the line that says what ``auto`` was decided to be."""
    return [f"wandb: {mode.name}, because {mode.reason}"] if requested == "auto" else []


def check_data(
    config: SweepConfig, space: SearchSpace, overrides: Sequence[str], *, fetch: bool = True
) -> None:
    """Fetch every data set that a trial may ask for, once, and compare it with the batch sizes.

    Without ``fetch`` only those are compared that are here.

    Raises UserError if one cannot be had, with the ways out, and for a batch larger than the data.
    """
    from swatch.sweep.network.rehearsal import Rehearsal
    from swatch.training.rehearsal import DataRehearsal

    keys = [key for key in space.swept if key == "batch_size" or key.split(".")[0] == "data"]
    Rehearsal(config, space, overrides, DataRehearsal(fetch=fetch)).run(keys)


def home(overrides: Sequence[str]) -> Path:
    """Return the folder of runs that the config names on this machine."""
    from swatch.compose import compose

    return Path(compose(overrides).settings.paths.runs).expanduser().absolute()


def runner() -> Any:
    """Return what trains one trial of the network."""
    from swatch.training.trial_runner import run_trial

    return run_trial
