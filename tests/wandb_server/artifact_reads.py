"""Artifacts as GraphQL shows them."""

from __future__ import annotations

import json
from typing import Any

from wandb_server import artifact_files, project_reads, run_reads
from wandb_server.execute import Node
from wandb_server.model import Artifact, opaque_id, stamp
from wandb_server.paging import connection
from wandb_server.store import Store

_NEVER_EXPIRES = -2


def artifact_node(store: Store, artifact: Artifact) -> Node:
    entries = artifact.entries
    aliases = [
        {
            "__typename": "ArtifactAlias",
            "id": opaque_id("ArtifactAlias", artifact.name, alias),
            "alias": alias,
            "artifactCollection": lambda a: collection_node(
                store, artifact.entity, artifact.project, artifact.name
            ),
        }
        for alias in artifact.aliases
    ]
    return {
        "__typename": "Artifact",
        "id": artifact.id,
        "state": artifact.state,
        "digest": artifact.digest,
        "digestAlgorithm": artifact.digest_algorithm,
        "description": artifact.description,
        "metadata": json.dumps(artifact.metadata),
        "versionIndex": artifact.version if artifact.state == "COMMITTED" else None,
        "artifactType": lambda a: type_node(store, artifact.entity, artifact.project, artifact.type),
        "artifactSequence": lambda a: collection_node(
            store, artifact.entity, artifact.project, artifact.name
        ),
        "aliases": aliases,
        "tags": [_tag_node(tag) for tag in artifact.tags],
        "size": sum(int(entry.get("size") or 0) for entry in entries.values()),
        "fileCount": len(entries),
        "historyStep": artifact.history_step,
        "commitHash": artifact.digest,
        "ttlDurationSeconds": artifact.ttl or _NEVER_EXPIRES,
        "ttlIsInherited": artifact.ttl is None,
        "createdAt": stamp(artifact.created),
        "updatedAt": stamp(artifact.created),
        "currentManifest": {"id": artifact.id, "file": artifact_files.manifest_file(store, artifact)}
        if artifact.manifest
        else None,
        "files": lambda a: artifact_files.files(store, artifact, a.get("names"), a),
        "filesByManifestEntries": lambda a: artifact_files.files(
            store, artifact, [entry.get("name") for entry in a.get("entries") or []] or None, a
        ),
        "usedBy": lambda a: connection(
            [run for run in store.all_runs() if artifact.id in run.used_artifacts],
            a,
            lambda run: run_reads.run_node(store, run),
        ),
        "createdBy": lambda a: _creator(store, artifact),
        "artifactMemberships": lambda a: connection(
            [artifact], a, lambda found: membership_node(store, found)
        ),
    }


def membership_node(store: Store, artifact: Artifact) -> Node:
    node = artifact_node(store, artifact)
    return {
        "__typename": "ArtifactCollectionMembership",
        "id": opaque_id("ArtifactCollectionMembership", artifact.id),
        "versionIndex": artifact.version,
        "createdAt": stamp(artifact.created),
        "aliases": node["aliases"],
        "artifactCollection": node["artifactSequence"],
        "artifact": node,
        "files": node["files"],
    }


def collection_node(store: Store, entity: str, project: str, name: str) -> Node | None:
    versions = [a for a in _committed(store, entity, project) if a.name == name]
    pending = [a for a in store.artifacts.values()
               if (a.entity, a.project, a.name) == (entity, project, name)]  # fmt: skip
    if not pending:
        return None
    newest = sorted(versions, key=lambda a: a.version, reverse=True)
    kind = type_node(store, entity, project, pending[0].type)
    return {
        "__typename": "ArtifactSequence",
        "id": opaque_id("ArtifactSequence", name, project, entity),
        "name": name,
        "description": None,
        "createdAt": stamp(pending[0].created),
        "updatedAt": stamp(pending[-1].created),
        "state": "READY",
        "digestAlgorithm": None,
        "project": lambda a: project_reads.project_node(store, entity, project),
        "type": kind,
        "defaultArtifactType": kind,
        "artifactType": kind,
        "tags": {"edges": []},
        "latestArtifact": lambda a: artifact_node(store, newest[0]) if newest else None,
        "aliases": lambda a: connection(
            sorted({alias for version in versions for alias in version.aliases}),
            a,
            lambda alias: {"__typename": "ArtifactAlias", "id": opaque_id("Alias", alias), "alias": alias},
        ),
        "artifacts": lambda a: _versions(store, newest, a),
        "artifactMembership": lambda a: _membership(store, entity, project, f"{name}:{a.get('aliasName')}"),
    }


def type_node(store: Store, entity: str, project: str, name: str) -> Node:
    mine = [a for a in _committed(store, entity, project) if a.type == name]
    names = sorted({a.name for a in mine})
    return {
        "__typename": "ArtifactType",
        "id": opaque_id("ArtifactType", name, project, entity),
        "name": name,
        "description": None,
        "createdAt": stamp(mine[0].created) if mine else "2024-01-01T00:00:00Z",
        "artifactCollections": lambda a: connection(
            names, a, lambda found: collection_node(store, entity, project, found) or {}
        ),
        # A type knows the collections of its own kind only.
        "artifactCollection": lambda a: (
            collection_node(store, entity, project, a["name"]) if a.get("name") in names else None
        ),
    }


def project_fields(store: Store, entity: str, project: str) -> Node:
    """A project's fields that have to do with artifacts."""
    types = sorted({a.type for a in _committed(store, entity, project)})
    names = sorted({a.name for a in _committed(store, entity, project)})

    def artifact(arguments: dict[str, Any]) -> Node | None:
        found = find(store, entity, project, str(arguments.get("name")))
        return artifact_node(store, found) if found else None

    return {
        "artifact": artifact,
        "artifactCollectionMembership": lambda a: _membership(store, entity, project, str(a.get("name"))),
        "artifactCollection": lambda a: collection_node(store, entity, project, str(a.get("name"))),
        "artifactCollections": lambda a: connection(
            names, a, lambda name: collection_node(store, entity, project, name) or {}
        ),
        "artifactTypes": lambda a: connection(types, a, lambda name: type_node(store, entity, project, name)),
        "artifactType": lambda a: (
            type_node(store, entity, project, a["name"]) if a.get("name") in types else None
        ),
    }


def artifact(store: Store, arguments: dict[str, Any]) -> Node | None:
    found = store.artifacts.get(str(arguments.get("id")))
    return artifact_node(store, found) if found else None


def client_id_mapping(store: Store, arguments: dict[str, Any]) -> Node | None:
    found = store.client_ids.get(str(arguments.get("clientID")))
    return {"serverID": found} if found else None


def find(store: Store, entity: str, project: str, name: str) -> Artifact | None:
    """The committed artifact that ``name:alias`` or ``name:v3`` means; without an alias the latest."""
    base, _, alias = name.partition(":")
    versions = [a for a in _committed(store, entity, project) if a.name == base]
    wanted = alias or "latest"
    return next((a for a in versions if wanted in a.aliases or wanted in (f"v{a.version}", a.digest)), None)


def _committed(store: Store, entity: str, project: str) -> list[Artifact]:
    return [
        a
        for a in store.artifacts.values()
        if (a.entity, a.project) == (entity, project) and a.state == "COMMITTED"
    ]


def _membership(store: Store, entity: str, project: str, name: str) -> Node | None:
    found = find(store, entity, project, name)
    return membership_node(store, found) if found else None


def _versions(store: Store, versions: list[Artifact], arguments: dict[str, Any]) -> Node:
    page = connection(versions, arguments, lambda found: artifact_node(store, found))
    for edge in page["edges"]:
        edge["version"] = f"v{edge['node']['versionIndex']}"
    return page


def _creator(store: Store, artifact: Artifact) -> Node | None:
    run = store.run(artifact.entity, artifact.project, artifact.run or "")
    return run_reads.run_node(store, run) if run else None


def _tag_node(name: str) -> Node:
    return {"__typename": "Tag", "id": opaque_id("Tag", name), "name": name}
