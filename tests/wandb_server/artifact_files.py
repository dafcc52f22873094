"""Where the files of artifacts lie, and how GraphQL lists them."""

from __future__ import annotations

import base64
import binascii
import fnmatch
from typing import Any
from urllib.parse import quote

from wandb_server.execute import Node
from wandb_server.model import Artifact, opaque_id, stamp
from wandb_server.paging import connection
from wandb_server.store import Store


def files(store: Store, artifact: Artifact, names: list[str] | None, arguments: dict[str, Any]) -> Node:
    wanted = names or ["*"]

    def node(name: str) -> Node:
        entry = artifact.entries[name]
        address = entry.get("ref") or blob_address(store, str(entry.get("digest")))
        return {
            "__typename": "File",
            "id": opaque_id("File", artifact.id, name),
            "name": name,
            "displayName": name,
            "url": address,
            "directUrl": address,
            "sizeBytes": int(entry.get("size") or 0),
            "mimetype": "application/octet-stream",
            "updatedAt": stamp(artifact.created),
            "md5": entry.get("digest"),
            "digest": entry.get("digest"),
            "storagePath": None,
        }

    found = [n for n in artifact.entries if any(n == w or fnmatch.fnmatchcase(n, w) for w in wanted)]
    return connection(found, arguments, node)


def manifest_file(store: Store, artifact: Artifact) -> Node:
    address = manifest_address(store, artifact)
    return {"id": artifact.id, "name": "wandb_manifest.json", "url": address, "directUrl": address}


def manifest_address(store: Store, artifact: Artifact) -> str:
    return f"{store.url}/storage/manifests/{quote(artifact.id)}"


def blob_address(store: Store, digest: str) -> str:
    return f"{store.url}/storage/blobs/{hexadecimal(digest)}"


def hexadecimal(digest: str) -> str:
    """A base64 MD5 digest as the hexadecimal number that download addresses have."""
    try:
        return base64.b64decode(digest).hex()
    except (binascii.Error, ValueError):
        return digest
