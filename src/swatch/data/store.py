"""Images that were read once from files that are slow to read, kept as arrays that are quick to map."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.data import idx
from swatch.data.cache import Cache
from swatch.data.integrity import IdxFile
from swatch.data.problems import Cleaning
from swatch.data.progress import Progress

_MANIFEST = "manifest.json"
_FILES = {"images": ("images-idx4-ubyte", 4), "labels": ("labels-idx1-ubyte", 1)}


@dataclass(frozen=True)
class Reading:
    """A part of a data set as it was read.

    Attributes:
        images: uint8, shape (n, height, width, channels).
        labels: uint8, shape (n,).
        class_names: in the order of the labels.
        cleaning: what was found on the way.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    class_names: Sequence[str]
    cleaning: Cleaning


class Store:
    """One folder that keeps one reading: two IDX files, and a manifest with their checksums.

    The manifest is written last and names what was read and how (the identity): arrays of other contents, of
    other settings, or damaged ones are never taken for what is asked for.

    Args:
        folder: made on first use.
    """

    def __init__(self, folder: Path) -> None:
        self._cache = Cache(folder)
        self.folder = folder

    def find(self, identity: Mapping[str, Any]) -> Reading | None:
        """Return what is kept under this identity, memory-mapped and read-only, or None."""
        try:
            manifest = json.loads((self.folder / _MANIFEST).read_text(encoding="utf-8"))
            if manifest["identity"] != _plain(identity):
                return None
            arrays = {}
            for name, (file, dimensions) in _FILES.items():
                path = self._cache.find(IdxFile(file, dimensions, manifest["sha256"][name]))
                if path is None:
                    return None
                arrays[name] = idx.map_array(path, dimensions)
            cleaning = Cleaning(**manifest["cleaning"])
            return Reading(arrays["images"], arrays["labels"], tuple(manifest["class_names"]), cleaning)
        except (OSError, ValueError, KeyError, TypeError):
            # Absent, cut off or altered (IdxError is a ValueError): read anew from the files themselves.
            return None

    def get(self, identity: Mapping[str, Any], read: Callable[[], Reading], progress: Progress) -> Reading:
        """Return what is kept under this identity; if nothing is, read it, and keep it for the next time.

        Raises:
            UserError: what ``read`` raises, or the cache cannot be written.
        """
        found = self.find(identity)
        if found is not None:
            return found
        with self._cache.lock(progress):
            # Another process may have read it while this one waited for the lock.
            found = self.find(identity)
            if found is not None:
                return found
            reading = read()
            self._keep(identity, reading)
        kept = self.find(identity)
        # A disk that alters what was written a moment ago is no reason to stop: the images are here.
        return kept or reading

    def _keep(self, identity: Mapping[str, Any], reading: Reading) -> None:
        with suppress(FileNotFoundError):
            (self.folder / _MANIFEST).unlink()
        digests = {}
        for name, array in (("images", reading.images), ("labels", reading.labels)):
            path = self._cache.put(_FILES[name][0], partial(idx.write_array, array=array))
            with path.open("rb") as stream:
                digests[name] = hashlib.file_digest(stream, "sha256").hexdigest()
        manifest = {
            "identity": _plain(identity),
            "sha256": digests,
            "class_names": list(reading.class_names),
            "cleaning": asdict(reading.cleaning),
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False)
        self._cache.put(_MANIFEST, lambda stream: stream.write(text.encode()))


def _plain(identity: Mapping[str, Any]) -> Any:
    """Return the identity as it comes back from JSON."""
    return json.loads(json.dumps(identity))
