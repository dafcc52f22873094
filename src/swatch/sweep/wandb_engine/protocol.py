"""The protocol of W&B's sweep agents: register, then ask again and again what to do.

A heartbeat tells the server which runs are under way and is answered with commands. ``run`` and ``resume``
hand out a run with its parameters; ``stop`` ends one; ``exit`` sends the agent home. A sweep that is paused,
or has nothing to do at the moment, is answered with nothing.

wandb's own client could be asked to be the agent (``wandb.agent(id, function)``, with a heartbeat of one's
own choice by ``wandb.agents.pyagent.Agent.HEARTBEAT_SLEEP_SECONDS``). But it trains in a thread, which it
ends by an exception at any instruction; it ends wandb's background process before every run, and with it the
run that is still being sent; and without work it waits up to ten seconds at a time. So these few questions
are asked here.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import yaml

from swatch.tracking.graphql import Refused, ask
from swatch.tracking.remote_sweep import RemoteSweep

RUN, RESUME, STOP, EXIT = "run", "resume", "stop", "exit"
ANSWER_SECONDS = 30.0
"""A server that computes the next point of a Bayesian search thinks for a while."""

_REGISTER = """
mutation CreateAgent($host: String!, $projectName: String, $entityName: String, $sweep: String!) {
  createAgent(input: {host: $host, projectName: $projectName, entityName: $entityName, sweep: $sweep}) {
    agent { id }
  }
}
"""
_HEARTBEAT = """
mutation Heartbeat($id: ID!, $metrics: JSONString, $runState: JSONString) {
  agentHeartbeat(input: {id: $id, metrics: $metrics, runState: $runState}) { agent { id } commands }
}
"""
_CONFIG = """
query SweepConfig($entity: String, $project: String, $sweep: String!) {
  project(name: $project, entityName: $entity) { sweep(sweepName: $sweep) { config } }
}
"""


@dataclass(frozen=True)
class Command:
    """What the server wants of an agent."""

    kind: str
    """``"run"``, ``"resume"``, ``"stop"``, ``"exit"``, or something that a newer server knows."""
    run_id: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    """The run's parameters, typed; nested ones are dicts."""


def register_agent(remote: RemoteSweep, *, seconds: float = ANSWER_SECONDS) -> str:
    """Register an agent of this machine and return its id.

    Raises ServerError, one of its kinds, if the server cannot be asked or has no such sweep.
    """
    variables = {
        "host": socket.gethostname(),
        "entityName": remote.entity or None,
        "projectName": remote.project,
        "sweep": remote.sweep_id,
    }
    answer = ask(remote.base_url, _REGISTER, variables, seconds=seconds)
    try:
        return str(answer["createAgent"]["agent"]["id"])
    except (KeyError, TypeError):
        raise Refused(f"{remote.base_url} did not take an agent for sweep {remote.path}", 200) from None


def heartbeat(
    remote: RemoteSweep, agent_id: str, running: Collection[str], *, seconds: float = ANSWER_SECONDS
) -> list[Command]:
    """Tell the server which runs the agent has under way and return what it is to do.

    Raises ServerError, one of its kinds, if the server cannot be asked; ``Refused`` with status 404 if it
    knows the agent or the sweep no more.
    """
    variables = {
        "id": agent_id,
        "metrics": "{}",
        "runState": json.dumps(dict.fromkeys(running, True)),
    }
    answer = ask(remote.base_url, _HEARTBEAT, variables, seconds=seconds)
    try:
        commands = json.loads(answer["agentHeartbeat"]["commands"] or "[]")
        return [_command(entry) for entry in commands]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused(
            f"{remote.base_url} answered a heartbeat with something else than commands", 200
        ) from None


def _command(entry: dict[str, Any]) -> Command:
    arguments = entry.get("args") or {}
    values = {str(key): argument["value"] for key, argument in arguments.items() if "value" in argument}
    return Command(str(entry.get("type", "")), str(entry.get("run_id") or ""), values)


def sweep_config(remote: RemoteSweep, *, seconds: float = ANSWER_SECONDS) -> str:
    """Return the sweep's YAML as the server keeps it.

    Raises ServerError, one of its kinds; ``Refused`` with status 404 if there is no such sweep.
    """
    variables = {"entity": remote.entity or None, "project": remote.project, "sweep": remote.sweep_id}
    answer = ask(remote.base_url, _CONFIG, variables, seconds=seconds)
    sweep = (answer.get("project") or {}).get("sweep")
    if not isinstance(sweep, dict) or not sweep.get("config"):
        raise Refused(f"{remote.base_url} has no sweep {remote.path}", 404)
    return str(sweep["config"])


def plain_config(text: str) -> dict[str, Any]:
    """Return a sweep's config from the server's YAML; empty for anything else."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return value if isinstance(value, dict) else {}
