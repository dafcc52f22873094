"""Checking a data file: its structure, its length, and the SHA-256 of what is in it.

The digest is of the decompressed contents. The same images travel in differently compressed files (Debian's
and the authors' differ in their gzip headers) and as plain IDX files; all of them have the one digest.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from swatch.data.idx import IdxError, header_size, read_header

_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class IdxFile:
    """One file of a data set.

    Attributes:
        name: file name without ``.gz``.
        dimensions: 3 for images, 1 for labels.
        sha256: hexadecimal SHA-256 of the decompressed file; None where any contents will do.
    """

    name: str
    dimensions: int
    sha256: str | None


def is_gzipped(path: Path) -> bool:
    """Tell by its first bytes whether a file is gzipped, whatever it is called."""
    with path.open("rb") as stream:
        return stream.read(len(_GZIP)) == _GZIP


def verify(path: Path, file: IdxFile) -> None:
    """Read a plain or gzipped file to its end and compare it with what it should be.

    Raises:
        IdxError: what is wrong with it, what was expected and what was found. If it could not be read, the
            OSError is the cause.
    """
    for _ in checked_blocks(path, file):
        pass


def copy_plain(path: Path, file: IdxFile, target: IO[bytes]) -> None:
    """Verify ``path`` and meanwhile write its decompressed contents to ``target``.

    Raises:
        IdxError: as ``verify``; what ``target`` got is then worth nothing.
        OSError: ``target`` cannot be written.
    """
    for block in checked_blocks(path, file):
        target.write(block)


def checked_blocks(path: Path, file: IdxFile) -> Iterator[bytes]:
    """Yield the decompressed contents of ``path``; an error at the end means that all of it is worthless.

    Raises:
        IdxError: as ``verify``.
    """
    digest = hashlib.sha256()
    size = 0
    blocks = _read(path, file.dimensions)
    header = next(blocks)
    expected = len(header) + math.prod(read_header(io.BytesIO(header), file.dimensions))
    yield header
    digest.update(header)
    for block in blocks:
        size += len(block)
        if len(header) + size > expected:
            raise IdxError(f"is too long: its header announces {expected:,} bytes")
        digest.update(block)
        yield block
    if len(header) + size < expected:
        raise IdxError(f"is truncated: expected {expected:,} bytes, found {len(header) + size:,}")
    if file.sha256 is not None and digest.hexdigest() != file.sha256:
        raise IdxError(f"is altered: expected SHA-256 {file.sha256}, found {digest.hexdigest()}")


def _read(path: Path, dimensions: int) -> Iterator[bytes]:
    """Yield the header, then blocks of the rest."""
    try:
        compressed = is_gzipped(path)
        # Unbuffered: the blocks are large, and a second copy of each would only cost time.
        with path.open("rb", buffering=0) as raw:
            stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw) if compressed else raw)
            yield stream.read(header_size(dimensions))
            while block := stream.read(_BLOCK):
                yield block
    except EOFError as error:
        raise IdxError("is truncated: expected a whole gzip file, found no end") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise IdxError(f"is altered: expected a gzip file without errors, found: {error}") from error
    except OSError as error:
        raise IdxError(f"cannot be read: {error.strerror or error}") from error
