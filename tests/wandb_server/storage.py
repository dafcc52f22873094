"""Files behind the addresses that the server hands out for uploads and downloads."""

from __future__ import annotations

from wandb_server.model import Run
from wandb_server.store import Store

_RUNS, _BLOBS, _MANIFESTS = "/storage/runs/", "/storage/blobs/", "/storage/manifests/"


class Storage:
    """Puts and gets bytes by their path; the caller holds the store's lock."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, path: str, content: bytes) -> bool:
        """Keep the content; False where the path is not one that the server gave."""
        if path.startswith(_RUNS):
            run, name = self._file(path)
            if run is not None:
                run.files[name] = content
            return run is not None
        if path.startswith(_BLOBS):
            self._store.blobs[path.removeprefix(_BLOBS)] = content
            return True
        artifact = self._store.artifacts.get(path.removeprefix(_MANIFESTS))
        if artifact is not None:
            artifact.manifest = content
        return artifact is not None

    def get(self, path: str) -> bytes | None:
        if path.startswith(_RUNS):
            run, name = self._file(path)
            return run.files.get(name) if run else None
        if path.startswith(_BLOBS):
            return self._store.blobs.get(path.removeprefix(_BLOBS))
        if path.startswith(("/artifacts/", "/artifactsV2/")):
            # The client makes these addresses itself; one part of them is the content's digest.
            return next((self._store.blobs[p] for p in path.split("/") if p in self._store.blobs), None)
        artifact = self._store.artifacts.get(path.removeprefix(_MANIFESTS))
        return artifact.manifest if artifact else None

    def _file(self, path: str) -> tuple[Run | None, str]:
        entity, project, run, name = path.removeprefix(_RUNS).split("/", 3)
        return self._store.runs.get((entity, project, run)), name
