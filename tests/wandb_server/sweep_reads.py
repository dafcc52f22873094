"""Sweeps and their agents as GraphQL shows them."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from wandb_server import filters, points, project_reads, run_reads
from wandb_server.execute import Node
from wandb_server.model import Agent, Sweep, now, stamp
from wandb_server.paging import connection
from wandb_server.store import Store

_AGENT_SILENCE = timedelta(seconds=60)


def sweep_node(store: Store, sweep: Sweep) -> Node:
    def agent(arguments: dict[str, Any]) -> Node | None:
        found = store.agents.get(str(arguments.get("agentName")))
        return agent_node(store, found) if found else None

    def runs(arguments: dict[str, Any]) -> Node:
        found = filters.select(store, store.runs_of(sweep), arguments.get("filters"), arguments.get("order"))
        return connection(found, arguments, lambda run: run_reads.run_node(store, run))

    agents = [agent for agent in store.agents.values() if agent.sweep == sweep.id]
    return {
        "__typename": "Sweep",
        "id": sweep.storage_id,
        "name": sweep.id,
        "displayName": sweep.display_name or sweep.config.get("name"),
        "method": str(sweep.config.get("method") or ""),
        "state": sweep.state,
        "description": sweep.description,
        "config": sweep.config_text,
        "controller": sweep.controller,
        "controllerRunName": sweep.controller_run,
        "scheduler": sweep.scheduler,
        "createdAt": stamp(sweep.created),
        "updatedAt": stamp(sweep.updated),
        "heartbeatAt": stamp(max([agent.heartbeat for agent in agents], default=sweep.updated)),
        "earlyStopJobRunning": False,
        "bestLoss": best(store, sweep),
        "runCount": len(store.runs_of(sweep)),
        "runCountExpected": expected(sweep),
        "runs": runs,
        "agent": agent,
        "agents": lambda a: connection(agents, a, lambda found: agent_node(store, found)),
        "agentCount": len(agents),
        "project": lambda a: project_reads.project_node(store, sweep.entity, sweep.project),
        "user": lambda a: run_reads.user_node(store),
        "priorRunsFilters": None,
    }


def agent_node(store: Store, agent: Agent) -> Node:
    mine = [run for run in store.all_runs() if run.agent == agent.id]
    is_alive = not agent.dismissed and now() - agent.heartbeat < _AGENT_SILENCE
    return {
        "__typename": "Agent",
        "id": agent.id,
        "name": agent.id,
        "host": agent.host,
        "state": "running" if is_alive else "finished",
        "totalRuns": len(mine),
        "createdAt": stamp(agent.created),
        "heartbeatAt": stamp(agent.heartbeat),
        "runs": lambda a: connection(mine, a, lambda run: run_reads.run_node(store, run)),
    }


def best(store: Store, sweep: Sweep) -> float | None:
    """The best run's value of the sweep's metric."""
    name, goal = sweep.metric
    values = [filters.inside(run.summary, name) for run in store.runs_of(sweep) if name]
    numbers = [v for v in values if isinstance(v, (int, float)) and math.isfinite(v)]
    if not numbers:
        return None
    return max(numbers) if goal == "maximize" else min(numbers)


def expected(sweep: Sweep) -> int | None:
    """How many runs the sweep will have, where that can be said."""
    config = sweep.config
    sizes = [int(config["run_cap"])] if config.get("run_cap") else []
    if config.get("method") == "grid":
        sizes.append(len(points.grid(config.get("parameters") or {})))
    return min(sizes, default=None)


def matches(sweep: Sweep, wanted: dict[str, Any]) -> bool:
    """Whether a sweep is among those that a filter of sweeps means (plain equality, ``$and``, ``$or``)."""
    values = {"name": sweep.id, "state": sweep.state, "displayName": sweep.display_name,
              "method": sweep.config.get("method")}  # fmt: skip
    for key, value in wanted.items():
        if key in ("$and", "$or"):
            results = [matches(sweep, part) for part in value]
            if not (all(results) if key == "$and" else any(results)):
                return False
        elif key in values and values[key] != value:
            return False
    return True
