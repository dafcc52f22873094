"""Sweep agents: their registration, and what each heartbeat tells them to do."""

from __future__ import annotations

import json
import random
from typing import Any

from wandb_server import hyperband, points
from wandb_server.execute import Node, Refusal
from wandb_server.filters import inside
from wandb_server.model import Agent, Run, Sweep, now
from wandb_server.store import Store
from wandb_server.sweep_writes import make_run

Command = dict[str, Any]
_OVER = ("FINISHED", "CANCELED")


def create_agent(store: Store, given: dict[str, Any]) -> Node:
    sweep = store.sweep(given.get("sweep"))
    if sweep is None:
        raise Refusal("sweep not found", 404)
    agent = Agent(store.new_id("Agent"), sweep.id, str(given.get("host")))
    store.agents[agent.id] = agent
    if sweep.state == "PENDING":
        sweep.state = "RUNNING"
    return {"agent": {"id": agent.id, "name": agent.id}}


def agent_heartbeat(store: Store, given: dict[str, Any]) -> Node:
    agent = store.agents.get(given["id"])
    if agent is None:
        raise Refusal("agent not found", 404)
    states = json.loads(given.get("runState") or "{}")
    agent.heartbeat = now()
    agent.running = [name for name, is_running in states.items() if is_running]
    sweep = store.sweeps.get(agent.sweep)
    if sweep is None:
        raise Refusal("sweep not found", 404)
    _notice_ended(store, sweep, agent)
    # One command a heartbeat: an agent of functions looks at the first alone.
    commands = _commands(store, sweep, agent)[:1]
    return {"agent": {"id": agent.id}, "commands": json.dumps(commands)}


def _notice_ended(store: Store, sweep: Sweep, agent: Agent) -> None:
    """Judge the runs that the agent was given and does not name any more."""
    for name in agent.assigned:
        run = store.run(sweep.entity, sweep.project, name)
        if run is None or name in agent.running or run.agent != agent.id:
            continue
        if run.state == "pending" and name not in sweep.queue:
            run.state = "crashed"  # its program ended before it began the run
        elif run.state == "running" and run.stop_requested:
            run.state = "killed"  # by the signal; without the client's own word at its end
        elif run.state == "preempting":
            run.state = "preempted"
            sweep.queue.append(name)


def _commands(store: Store, sweep: Sweep, agent: Agent) -> list[Command]:
    if sweep.state == "CANCELED":
        agent.dismissed = True
        for name in agent.running:  # told to exit, the agent kills them
            if (run := store.run(sweep.entity, sweep.project, name)) and run.state == "running":
                run.state = "killed"
        return [{"type": "exit"}]
    hyperband.mark(sweep, store.runs_of(sweep))
    stops = [
        {"type": "stop", "run_id": name}
        for name in agent.running
        if (run := store.run(sweep.entity, sweep.project, name)) and run.stop_requested
    ]
    if stops or agent.running or sweep.state == "PAUSED":
        return stops
    if sweep.state not in _OVER:
        run, kind = _next_run(store, sweep)
        if run is not None:
            run.agent, run.heartbeat = agent.id, now()
            agent.assigned.append(run.id)
            return [_start(sweep, run, kind)]
        if sweep.config.get("method") == "custom" and not _is_full(store, sweep):
            return []  # its scheduler may add runs, and says when the sweep is over
        open_runs = [run for run in store.runs_of(sweep) if run.state in ("running", "pending")]
        if all(run.id in sweep.queue for run in open_runs):
            sweep.state = "FINISHED"
    agent.dismissed = True
    return [{"type": "exit"}]


def _start(sweep: Sweep, run: Run, kind: str) -> Command:
    return {
        "type": kind,
        "run_id": run.id,
        "run_storage_id": run.storage_id,
        "program": sweep.config.get("program"),
        "args": {key: value for key, value in run.wire_config.items() if key != "_wandb"},
        "logs": [],
    }


def _next_run(store: Store, sweep: Sweep) -> tuple[Run | None, str]:
    is_full = _is_full(store, sweep)
    for name in list(sweep.queue):
        run = store.run(sweep.entity, sweep.project, name)
        if run is None or run.state not in ("pending", "preempted"):
            sweep.queue.remove(name)
        elif run.state == "preempted" or not is_full:
            sweep.queue.remove(name)
            return run, "resume" if run.state == "preempted" else "run"
    if is_full:
        return None, ""
    config = sweep.config
    parameters = config.get("parameters") or {}
    known = store.runs_of(sweep)
    if config.get("method") == "grid":
        # A client may have replaced a run's config with one in another form, so the points given out are
        # remembered; runs that were there before take their points off the grid, too.
        taken = sweep.given + [{key: inside(run.config, key) for key in parameters} for run in known]
        fresh = [point for point in points.grid(parameters) if point not in taken][:1]
    elif config.get("method") in ("random", "bayes"):
        fresh = [points.draw(parameters, random.Random(f"{store.seed}:{sweep.id}:{len(sweep.given)}"))]
    else:
        fresh = []
    if not fresh:
        return None, ""
    sweep.given.append(fresh[0])
    return make_run(store, sweep, {key: {"value": value} for key, value in fresh[0].items()}), "run"


def _is_full(store: Store, sweep: Sweep) -> bool:
    begun = [run for run in store.runs_of(sweep) if run.id not in sweep.queue]
    return bool(sweep.config.get("run_cap")) and len(begun) >= int(sweep.config["run_cap"])
