"""The root fields of queries and mutations, by name, whatever the operation is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wandb_server import (
    agents,
    artifact_reads,
    artifact_writes,
    project_reads,
    run_writes,
    sweep_writes,
    views,
)
from wandb_server.execute import Resolver
from wandb_server.store import Store

Field = Callable[[Store, dict[str, Any]], Any]

QUERIES: dict[str, Field] = {
    "viewer": project_reads.viewer,
    "serverInfo": project_reads.server_info,
    "project": project_reads.project,
    "model": project_reads.project,
    "projects": project_reads.projects,
    "models": project_reads.projects,
    "entity": project_reads.entity,
    "artifact": artifact_reads.artifact,
    "clientIDMapping": artifact_reads.client_id_mapping,
    "view": views.view,
    "organization": lambda store, given: None,
    # Introspection: a server without types, which a client takes for one that says nothing.
    "__schema": lambda store, given: {
        "types": [],
        "queryType": {"fields": []},
        "mutationType": {"fields": []},
    },
    "__type": lambda store, given: {
        "name": given.get("name"),
        "fields": [],
        "inputFields": [],
        "enumValues": [],
    },
}
MUTATIONS: dict[str, Field] = {
    "upsertBucket": run_writes.upsert_bucket,
    "deleteRun": run_writes.delete_run,
    "stopRun": run_writes.stop_run,
    "updateRunState": run_writes.update_run_state,
    "createRunFiles": run_writes.create_run_files,
    "markRunFilesUploaded": run_writes.mark_run_files_uploaded,
    "deleteFiles": run_writes.delete_files,
    "rewindRun": run_writes.rewind_run,
    "upsertModel": project_reads.upsert_project,
    "upsertSweep": sweep_writes.upsert_sweep,
    "enqueueSweepRun": sweep_writes.enqueue_sweep_run,
    "createAgent": agents.create_agent,
    "agentHeartbeat": agents.agent_heartbeat,
    "createArtifact": artifact_writes.create_artifact,
    "createArtifactManifest": artifact_writes.create_artifact_manifest,
    "updateArtifactManifest": artifact_writes.update_artifact_manifest,
    "createArtifactFiles": artifact_writes.create_artifact_files,
    "commitArtifact": artifact_writes.commit_artifact,
    "useArtifact": artifact_writes.use_artifact,
    "updateArtifact": artifact_writes.update_artifact,
    "addAliases": artifact_writes.add_aliases,
    "deleteAliases": artifact_writes.delete_aliases,
    "deleteArtifact": artifact_writes.delete_artifact,
    "upsertView": views.upsert_view,
    "deleteView": views.delete_view,
    "notifyScriptableRunAlert": lambda store, given: {"success": True},
}


def resolvers(store: Store, kind: str) -> dict[str, Resolver]:
    """The root fields of a query or a mutation, bound to the store."""
    if kind == "query":
        return {name: _bound(field, store) for name, field in QUERIES.items()}
    return {name: _of_input(field, store) for name, field in MUTATIONS.items()}


def _bound(field: Field, store: Store) -> Resolver:
    return lambda arguments: field(store, arguments)


def _of_input(field: Field, store: Store) -> Resolver:
    return lambda arguments: field(store, arguments.get("input") or arguments)
