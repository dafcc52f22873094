"""Names the data set of a run by checksums, so that anybody can tell whether they have the same."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import numpy as np

from swatch.data.library import Library
from swatch.data.ways.mirrors import Mirrors
from swatch.tracking.tracker import DatasetReference

if TYPE_CHECKING:
    from swatch.data.source import Dataset, Source
    from swatch.training.data_cache import PreparedData

_hashed: deque[tuple[Dataset, dict[str, dict[str, Any]]]] = deque(maxlen=2)


def dataset_reference(data: PreparedData) -> DatasetReference:
    """Return what identifies the images and labels of a prepared data set; see :func:`reference_of`."""
    return reference_of(data.source, data.dataset)


def reference_of(source: Source, dataset: Dataset) -> DatasetReference:
    """Return what identifies the images and labels that the training and validation parts come from.

    The checksums are of the plain files: the published ones where the data set has them, else computed, once
    per process. A data set that comes with a library instead of files is identified by its arrays.
    The files of the test set, which training never opens, are not part of it.

    Args:
        source: The data set.
        dataset: Its images that training and validation share.
    """
    library = getattr(source, "library", None)
    known = library if isinstance(library, Library) else None
    files = {located.path.name: _of_file(located.path, known) for located in source.files()}
    metadata = {
        "classes": list(source.class_names),
        "image_shape": list(source.image_shape),
        "images": len(dataset),
    }
    return DatasetReference(source.title, files or _of_arrays(dataset), metadata)


def _of_file(path: Path, library: Library | None) -> Mapping[str, Any]:
    status = path.stat()
    published = {file.name: file.sha256 for file in library.files} if library is not None else {}
    checksum = published.get(path.name)
    found = {"sha256": checksum or _sha256(path, status.st_mtime_ns), "size": status.st_size}
    address = _public_address(library)
    if checksum is not None and address is not None:
        found["uri"] = urljoin(address, f"{path.name}.gz")
    elif library is not None and library.folder is not None:
        found["uri"] = path.as_uri()
    return found


def _public_address(library: Library | None) -> str | None:
    """Return a mirror's address that may be shown to anybody, an encrypted one first."""
    ways = library.ways if library is not None else ()
    addresses = [address for way in ways if isinstance(way, Mirrors) for address in way.addresses]
    shown = [address for address in addresses if "@" not in urlsplit(address).netloc]
    return min(shown, key=lambda address: not address.startswith("https:"), default=None)


@lru_cache(maxsize=32)
def _sha256(path: Path, changed: int) -> str:
    """Return the checksum of a file; ``changed``, the time of its last change, tells whether it is known."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _of_arrays(dataset: Dataset) -> dict[str, dict[str, Any]]:
    for known, found in _hashed:
        if known is dataset:
            return found
    arrays = {"images": dataset.images, "labels": dataset.labels}
    found = {
        name: {"sha256": hashlib.sha256(np.ascontiguousarray(array).data).hexdigest(), "size": array.nbytes}
        for name, array in arrays.items()
    }
    _hashed.append((dataset, found))
    return found
