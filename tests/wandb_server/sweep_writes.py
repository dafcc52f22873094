"""Mutations of sweeps, except those of agents."""

from __future__ import annotations

import json
from typing import Any

import yaml

from wandb_server import sweep_reads
from wandb_server.execute import Node, Refusal
from wandb_server.model import Run, Sweep, now
from wandb_server.store import Store

_METHODS = ("grid", "random", "bayes", "custom")


def upsert_sweep(store: Store, given: dict[str, Any]) -> Node:
    """Create a sweep, or change what the input names of it."""
    if given.get("id"):
        sweep = store.sweep(given["id"])
        if sweep is None:
            raise Refusal("sweep not found", 404)
    else:
        entity, project = store.project_of(given)
        sweep = Sweep(store.new_name(lambda name: name in store.sweeps), entity, project, "")
        store.sweeps[sweep.id] = sweep
    warnings: list[str] = []
    if given.get("config") is not None:
        warnings = _violations(given["config"])
        sweep.config_text = given["config"]
        if sweep.config.get("method") == "custom" and not sweep.controller_run:
            sweep.controller_run = f"{sweep.id}-controller"
    for key, attribute in {
        "description": "description",
        "displayName": "display_name",
        "controller": "controller",
        "scheduler": "scheduler",
        "state": "state",
    }.items():
        if given.get(key) is not None:
            setattr(sweep, attribute, given[key])
    if given.get("priorRunsFilters"):
        names = [part["name"] for part in json.loads(given["priorRunsFilters"])["$or"]]
        sweep.prior_runs += [name for name in names if name not in sweep.prior_runs]
        for name in names:
            run = store.run(sweep.entity, sweep.project, name)
            if run is not None and run.sweep is None:
                run.sweep = sweep.id
    sweep.updated = now()
    return {"sweep": sweep_reads.sweep_node(store, sweep), "configValidationWarnings": warnings}


def enqueue_sweep_run(store: Store, given: dict[str, Any]) -> Node:
    """Add a point of somebody else's choice; the next agent gets it."""
    sweep = store.sweep(given["id"])
    if sweep is None:
        raise Refusal("sweep not found", 404)
    config = json.loads(given["config"])
    wrapped = {
        key: value if isinstance(value, dict) and "value" in value else {"value": value}
        for key, value in config.items()
    }
    run = make_run(store, sweep, wrapped)
    run.display_name = given.get("displayName") or run.display_name
    sweep.queue.append(run.id)
    # The run's short id: by this the scheduler asks after it.
    return {"id": run.id, "runQueueItemId": run.storage_id}


def make_run(store: Store, sweep: Sweep, wire_config: dict[str, Any]) -> Run:
    """A run that waits for its client: pending, with the point as its config."""
    run = store.create_run(sweep.entity, sweep.project, None)
    run.state, run.wire_config, run.sweep = "pending", wire_config, sweep.id
    run.display_name = f"plain-sweep-{len(store.runs_of(sweep))}"
    return run


def join(sweep: Sweep, run: Run) -> None:
    run.sweep = sweep.id
    sweep.updated = now()
    if sweep.state == "PENDING":
        sweep.state = "RUNNING"


def _violations(text: str) -> list[str]:
    """The few things that W&B's own schema would say loudest."""
    config = yaml.safe_load(text)
    if not isinstance(config, dict):
        raise Refusal("sweep config must be a mapping")
    found = []
    if config.get("method") not in _METHODS:
        found.append(f"method {config.get('method')!r} is not one of {', '.join(_METHODS)}")
    if config.get("method") == "bayes" and not (config.get("metric") or {}).get("name"):
        found.append("bayes needs a metric")
    if not config.get("parameters") and config.get("method") != "custom":
        found.append("'parameters' is a required property")
    return found
