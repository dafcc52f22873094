"""Mutations of runs."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from wandb_server import run_reads, sweep_writes
from wandb_server.execute import Node, Refusal
from wandb_server.model import Run, now
from wandb_server.store import Store

_PLAIN = {"groupName": "group", "jobType": "job_type", "notes": "notes", "description": "description",
          "displayName": "display_name", "commit": "commit", "host": "host", "jobProgram": "program",
          "jobRepo": "repo", "state": "state"}  # fmt: skip


def upsert_bucket(store: Store, given: dict[str, Any]) -> Node:
    """Create a run, or change what the input names of it; a null leaves the old value."""
    run: Run | None
    if given.get("id") and not given.get("name"):
        run = store.run_by_id(given["id"])
        entity, project = run.entity, run.project
    else:
        entity, project = store.project_of(given)
        run = store.run(entity, project, str(given.get("name"))) if given.get("name") else None
    sweep = store.sweep(given["sweep"]) if given.get("sweep") else None
    if given.get("sweep") and sweep is None:
        raise Refusal(f"failed to find sweep {given['sweep']}", 404)
    inserted = run is None
    if run is None:
        run = store.create_run(entity, project, given.get("name"))
    # The client names the storage id when it resumes a run, and nothing but the config when it updates one.
    begins = bool(given.get("name")) and (inserted or any(given.get(key) for key in _PLAIN))
    begins = begins and given.get("state") != "pending"  # made by the Api for somebody else to begin
    overwrites = begins and not given.get("id")
    if begins and (overwrites or run.state != "running"):
        run.starts += 1
        run.state, run.exit_code, run.stop_requested = "running", None, False
    if overwrites:
        run.streams.clear()
        run.summary = {}
    run.upserts += 1
    run.heartbeat = now()
    for key, attribute in _PLAIN.items():
        if given.get(key) is not None:
            setattr(run, attribute, given[key])
    if given.get("tags") is not None:
        run.tags = list(given["tags"])
    if given.get("config") is not None:
        run.wire_config = json.loads(given["config"])
    if given.get("summaryMetrics") is not None:
        run.summary = json.loads(given["summaryMetrics"])
    if sweep is not None:
        sweep_writes.join(sweep, run)
    if not run.display_name:
        run.display_name = f"plain-{'sweep' if run.sweep else 'run'}-{run.number}"
    node = run_reads.run_node(store, run)
    if not given.get("id"):
        node["historyLineCount"] = 0  # a client that does not resume goes on from here
    return {"bucket": node, "inserted": inserted}


def delete_run(store: Store, given: dict[str, Any]) -> Node:
    run = store.run_by_id(given["id"])
    del store.runs[run.entity, run.project, run.id]
    return {"clientMutationId": None, "success": True}


def stop_run(store: Store, given: dict[str, Any]) -> Node:
    run = store.run_by_id(given["id"])
    run.stop_requested = run.stop_requested or run.state in ("running", "pending")
    return {"clientMutationId": None, "success": True}


def update_run_state(store: Store, given: dict[str, Any]) -> Node:
    run = store.run_by_id(given["id"])
    if run.sweep:
        raise Refusal("cannot update the state of a sweep run")
    run.state = given["state"]
    return {"success": True}


def create_run_files(store: Store, given: dict[str, Any]) -> Node:
    run = _named(store, given)
    return {
        "runID": run.storage_id,
        "uploadHeaders": [],
        "files": [
            {"name": name, "uploadUrl": run_reads.file_address(store, run, name)}
            for name in given.get("files") or []
        ],
    }


def mark_run_files_uploaded(store: Store, given: dict[str, Any]) -> Node:
    _named(store, given)
    return {"success": True}


def delete_files(store: Store, given: dict[str, Any]) -> Node:
    for run in store.all_runs():
        for name in list(run.files):
            if run_reads.file_node(store, run, name)["id"] in given["files"]:
                del run.files[name]
    return {"success": True}


def rewind_run(store: Store, given: dict[str, Any]) -> Node:
    """Forget the rows after a step."""
    run = _named(store, given)
    kept = [row for row in run.history if row.get("_step", 0) <= given["metricValue"]]
    run.streams["wandb-history.jsonl"] = [json.dumps(row) for row in kept]
    return {"rewoundRun": run_reads.run_node(store, run)}


def _named(store: Store, given: dict[str, Any]) -> Run:
    run = store.run(*store.project_of(given), str(given.get("runName")))
    if run is None:
        raise Refusal(f"run {quote(str(given.get('runName')))} not found", 404)
    return run
