"""Projects, entities, the viewer and the server itself as GraphQL shows them."""

from __future__ import annotations

import base64
import json
from typing import Any

from wandb_server import artifact_reads, filters, run_reads, sweep_reads, views
from wandb_server.execute import Node
from wandb_server.model import Run, opaque_id
from wandb_server.paging import connection
from wandb_server.store import Store

# What the server can do beyond the oldest servers that the client supports.
FEATURES = (
    "ARTIFACT_TAGS",
    "CLIENT_IDS",
    "FILESTREAM_GZIP",
    "LARGE_FILENAMES",
    "MARK_RUN_FILES_UPLOADED",
    "SWEEPS_LOCAL_SCHEDULER",
    "SWEEPS_QUERY_FILTERING",
    "TOTAL_COUNT_IN_FILE_CONNECTION",
    "USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION",
)


def viewer(store: Store, arguments: dict[str, Any]) -> Node:
    return run_reads.user_node(store)


def server_info(store: Store, arguments: dict[str, Any]) -> Node:
    return {
        "__typename": "ServerInfo",
        "features": [{"name": name, "isEnabled": True} for name in FEATURES],
        "latestLocalVersionInfo": None,
        "cliVersionInfo": {"max_cli_version": "99.0.0"},
    }


def project(store: Store, arguments: dict[str, Any]) -> Node | None:
    entity = str(arguments.get("entityName") or store.entity)
    name = str(arguments.get("name") or "uncategorized")
    return project_node(store, entity, name) if (entity, name) in store.projects else None


def projects(store: Store, arguments: dict[str, Any]) -> Node:
    entity = arguments.get("entityName") or store.entity
    found = [key for key in store.projects if key[0] == entity]
    return connection(found, arguments, lambda key: project_node(store, *key))


def entity(store: Store, arguments: dict[str, Any]) -> Node:
    return entity_node(store, str(arguments.get("name") or store.entity))


def upsert_project(store: Store, given: dict[str, Any]) -> Node:
    name = (str(given.get("entityName") or store.entity), str(given.get("name")))
    inserted = name not in store.projects
    if inserted:
        store.projects.append(name)
    node = project_node(store, *name)
    return {"project": node, "model": node, "inserted": inserted}


def entity_node(store: Store, name: str) -> Node:
    return {
        "__typename": "Entity",
        "id": opaque_id("Entity", name),
        "name": name,
        "isTeam": False,
        "entityType": "user",
        "available": False,
        "organization": None,
        "xxhashDigestsEnabled": False,
        "project": lambda a: project(store, {**a, "entityName": name}),
        "user": run_reads.user_node(store),
    }


def project_node(store: Store, entity: str, name: str) -> Node:
    def runs(arguments: dict[str, Any]) -> list[Run]:
        mine = [run for run in store.all_runs() if (run.entity, run.project) == (entity, name)]
        return filters.select(store, mine, arguments.get("filters"), arguments.get("order"))

    def run(arguments: dict[str, Any]) -> Node | None:
        found = store.run(entity, name, str(arguments.get("name")))
        return run_reads.run_node(store, found) if found else None

    def sweep(arguments: dict[str, Any]) -> Node | None:
        found = store.sweep(arguments.get("sweepName"))
        if found is None or (found.entity, found.project) != (entity, name):
            return None
        return sweep_reads.sweep_node(store, found)

    def sweeps(arguments: dict[str, Any]) -> Node:
        wanted = json.loads(arguments.get("filters") or "{}")
        mine = [
            found
            for found in store.sweeps.values()
            if (found.entity, found.project) == (entity, name) and sweep_reads.matches(found, wanted)
        ]
        return connection(mine, arguments, lambda found: sweep_reads.sweep_node(store, found))

    number = store.projects.index((entity, name)) + 1
    return {
        "__typename": "Project",
        "id": opaque_id("Project", name, entity),
        "internalId": base64.b64encode(f"ProjectInternalId:{number}".encode()).decode(),
        "name": name,
        "entityName": entity,
        "entity": lambda a: entity_node(store, entity),
        "createdAt": "2024-01-01T00:00:00Z",
        "isBenchmark": False,
        "readOnly": False,
        "description": None,
        "access": "PRIVATE",
        "user": lambda a: run_reads.user_node(store),
        "runCount": lambda a: len(runs(a)),
        "runs": lambda a: connection(
            runs(a), a, lambda found: run_reads.run_node(store, found), totalCount=len(runs(a))
        ),
        "run": run,
        "bucket": run,
        "sweep": sweep,
        "sweeps": sweeps,
        "totalSweeps": sum((s.entity, s.project) == (entity, name) for s in store.sweeps.values()),
        "allViews": lambda a: views.of_project(store, entity, name, a),
        **artifact_reads.project_fields(store, entity, name),
    }
