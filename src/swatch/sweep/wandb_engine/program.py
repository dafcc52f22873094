"""What a program that ``wandb agent`` has started is to train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swatch.console import say
from swatch.errors import UserError
from swatch.sweep.config import SweepConfig
from swatch.sweep.network import network
from swatch.sweep.wandb_engine import command_line, protocol
from swatch.sweep.wandb_engine.command_line import CommandLine
from swatch.sweep.wandb_engine.environment import AgentEnvironment
from swatch.sweep.wandb_engine.metric import monitoring
from swatch.sweep.wandb_engine.point import AdaptedPoint, adapt
from swatch.sweep.wandb_engine.resumed import stored_overrides
from swatch.tracking.graphql import ServerError

ANSWER_SECONDS = 2.0


@dataclass(frozen=True)
class Plan:
    """The run that a program is to train."""

    overrides: tuple[str, ...]
    swept: tuple[str, ...] | None
    """The keys that the sweep searches, by which the run is named; None if that is not known."""


def plan(arguments: Sequence[str], agent: AgentEnvironment | None) -> Plan:
    """Return what to train.

    Args:
        arguments: The program's command line.
        agent: What the agent says besides; None for a program that was started by hand.

    Raises:
        UserError: An argument cannot be read, or a choice does not exist.
    """
    line = command_line.read(arguments, None if agent is None else agent.values)
    sweep = {} if agent is None else _sweep_config(agent)
    overrides = None if agent is None else _stored(agent, line)
    if overrides is None:
        point = adapt(line.values, before=line.before, after=line.after)
        tell_aside(point)
        overrides = (*monitoring(sweep, point.overrides), *point.overrides)
    return Plan(overrides, _swept(sweep, overrides))


def _stored(agent: AgentEnvironment, line: CommandLine) -> tuple[str, ...] | None:
    """Return the overrides of a run that was begun here before; None for a new one."""
    if agent.run_id is None:
        return None
    runs = network.home((*line.before, *line.after))
    return stored_overrides(runs / agent.run_id, agent.remote_sweep)


def tell_aside(point: AdaptedPoint) -> None:
    """Say which parameters do not count."""
    if point.aside:
        say(f"swatch: set aside, as what is chosen has no such key: {' '.join(point.aside)}")


def _sweep_config(agent: AgentEnvironment) -> dict[str, Any]:
    """Return the sweep's config, which only the server knows; nothing if it does not say."""
    try:
        return protocol.plain_config(protocol.sweep_config(agent.remote_sweep, seconds=ANSWER_SECONDS))
    except ServerError:
        return {}


def _swept(sweep: Mapping[str, Any], overrides: Sequence[str]) -> tuple[str, ...] | None:
    """Return the keys of a run's overrides that are no constants of its sweep."""
    try:
        swept = SweepConfig.from_mapping(sweep).space.swept
    except UserError:
        return None  # The client takes more than our engine does; its runs have longer names then.
    keys = [text.partition("=")[0].lstrip("+") for text in overrides]
    return tuple(key for key in keys if key in swept)
