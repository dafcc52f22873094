"""Mutations of artifacts."""

from __future__ import annotations

import json
from typing import Any

from wandb_server import artifact_files, artifact_reads
from wandb_server.execute import Node, Refusal
from wandb_server.model import Artifact
from wandb_server.store import Store


def create_artifact(store: Store, given: dict[str, Any]) -> Node:
    """A new version, pending until it is committed; a version with the same digest is used again."""
    entity, project = store.project_of(given)
    name = given.get("artifactCollectionName") or (given.get("artifactCollectionNames") or [""])[0]
    mine = [a for a in store.artifacts.values()
            if (a.entity, a.project, a.name) == (entity, project, name)]  # fmt: skip
    if mine and mine[0].type != given.get("artifactTypeName"):
        raise Refusal(f"artifact collection {name} has type {mine[0].type}, not {given['artifactTypeName']}")
    equal = [a for a in mine if a.state == "COMMITTED" and a.digest == given.get("digest")]
    if equal and given.get("enableDigestDeduplication"):
        artifact = equal[-1]
    else:
        artifact = Artifact(
            id=store.new_id("Artifact"),
            entity=entity,
            project=project,
            type=str(given.get("artifactTypeName")),
            name=name,
            version=-1,
            digest=str(given.get("digest")),
            digest_algorithm=given.get("digestAlgorithm"),
            description=given.get("description"),
            metadata=json.loads(given.get("metadata") or "{}"),
            run=given.get("runName"),
            ttl=given.get("ttlDurationSeconds"),
            history_step=given.get("historyStep"),
        )
        store.artifacts[artifact.id] = artifact
    if given.get("clientID"):
        store.client_ids[given["clientID"]] = artifact.id
    artifact.tags += [t["tagName"] for t in given.get("tags") or [] if t["tagName"] not in artifact.tags]
    aliases = [a["alias"] for a in given.get("aliases") or []]
    if artifact.state == "COMMITTED":
        _give_aliases(store, artifact, aliases)
    else:
        artifact.aliases = aliases
    return {"artifact": artifact_reads.artifact_node(store, artifact)}


def create_artifact_manifest(store: Store, given: dict[str, Any]) -> Node:
    return _manifest(store, _artifact(store, given["artifactID"]))


def update_artifact_manifest(store: Store, given: dict[str, Any]) -> Node:
    return _manifest(store, _artifact(store, given["artifactManifestID"]))


def _manifest(store: Store, artifact: Artifact) -> Node:
    address = artifact_files.manifest_address(store, artifact)
    file = {"id": artifact.id, "uploadUrl": address, "uploadHeaders": [], "directUrl": address}
    return {"artifactManifest": {"id": artifact.id, "file": file}}


def create_artifact_files(store: Store, given: dict[str, Any]) -> Node:
    """Say where to upload each file; nowhere if its content is there already."""

    def node(specification: dict[str, Any]) -> Node:
        artifact = _artifact(store, specification["artifactID"])
        digest = str(specification.get("md5") or specification.get("digest"))
        path = artifact_files.hexadecimal(digest)
        is_there = path in store.blobs
        return {
            "__typename": "File",
            "id": path,
            "name": specification.get("name"),
            "displayName": specification.get("name"),
            "storagePath": path,
            "uploadUrl": None if is_there else artifact_files.blob_address(store, digest),
            "uploadHeaders": [],
            # Uploads in parts are for gigabytes, which tests have no use for.
            "uploadMultipartUrls": None,
            "artifact": {"id": store.births.setdefault(path, artifact.id)},
        }

    return {"files": {"edges": [{"node": node(s)} for s in given.get("artifactFiles") or []]}}


def commit_artifact(store: Store, given: dict[str, Any]) -> Node:
    artifact = _artifact(store, given["artifactID"])
    if artifact.state != "COMMITTED":
        if not artifact.manifest:
            raise Refusal("the artifact's manifest was not uploaded")
        missing = [
            name
            for name, entry in artifact.entries.items()
            if not entry.get("ref")
            and artifact_files.hexadecimal(str(entry.get("digest"))) not in store.blobs
        ]
        if missing:
            raise Refusal(f"files were not uploaded: {', '.join(missing)}")
        artifact.version = sum(
            (a.entity, a.project, a.name, a.state)
            == (artifact.entity, artifact.project, artifact.name, "COMMITTED")
            for a in store.artifacts.values()
        )
        artifact.state = "COMMITTED"
        aliases, artifact.aliases = artifact.aliases, []
        _give_aliases(store, artifact, aliases)
    return {"artifact": artifact_reads.artifact_node(store, artifact)}


def use_artifact(store: Store, given: dict[str, Any]) -> Node:
    artifact = _artifact(store, given["artifactID"])
    run = store.run(*store.project_of(given), str(given.get("runName")))
    if run is None:
        raise Refusal("run not found", 404)
    if artifact.id not in run.used_artifacts:
        run.used_artifacts.append(artifact.id)
        artifact.used_by.append(run.id)
    return {"artifact": artifact_reads.artifact_node(store, artifact)}


def update_artifact(store: Store, given: dict[str, Any]) -> Node:
    artifact = _artifact(store, given["artifactID"])
    if given.get("metadata") is not None:
        artifact.metadata = json.loads(given["metadata"])
    if given.get("description") is not None:
        artifact.description = given["description"]
    if given.get("ttlDurationSeconds") is not None:
        artifact.ttl = given["ttlDurationSeconds"]
    if given.get("aliases") is not None:
        artifact.aliases = []
        _give_aliases(store, artifact, [a["alias"] for a in given["aliases"]])
    removed = {t["tagName"] for t in given.get("tagsToDelete") or []}
    added = [t["tagName"] for t in given.get("tagsToAdd") or []]
    artifact.tags = [t for t in artifact.tags if t not in removed and t not in added] + added
    return {"artifact": artifact_reads.artifact_node(store, artifact)}


def add_aliases(store: Store, given: dict[str, Any]) -> Node:
    artifact = _artifact(store, given["artifactID"])
    _give_aliases(store, artifact, [a["alias"] for a in given.get("aliases") or []])
    return {"success": True}


def delete_aliases(store: Store, given: dict[str, Any]) -> Node:
    artifact = _artifact(store, given["artifactID"])
    gone = {a["alias"] for a in given.get("aliases") or []}
    artifact.aliases = [alias for alias in artifact.aliases if alias not in gone]
    return {"success": True}


def delete_artifact(store: Store, given: dict[str, Any]) -> Node:
    artifact = _artifact(store, given["artifactID"])
    artifact.state = "DELETED"
    return {"artifact": artifact_reads.artifact_node(store, artifact), "success": True}


def _give_aliases(store: Store, artifact: Artifact, aliases: list[str]) -> None:
    """An alias is at one version of a collection only: it moves."""
    for other in store.artifacts.values():
        if (other.entity, other.project, other.name) == (artifact.entity, artifact.project, artifact.name):
            other.aliases = [alias for alias in other.aliases if alias not in aliases]
    artifact.aliases += aliases


def _artifact(store: Store, artifact_id: str) -> Artifact:
    found = store.artifacts.get(store.client_ids.get(artifact_id, artifact_id))
    if found is None:
        raise Refusal("artifact not found", 404)
    return found
