"""The IDX format of the MNIST family: two zero bytes, type, number of dimensions, their sizes, then the data.

All sizes are big-endian 32-bit integers; the type of image and label files is 0x08, unsigned bytes
(Y. LeCun, "The MNIST database of handwritten digits").
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

_UNSIGNED_BYTE = 0x08


class IdxError(ValueError):
    """A file is not what it should be; the text goes on after its name: "is truncated: expected ..."."""


def header_size(dimensions: int) -> int:
    """Return the number of bytes before the data."""
    return 4 + 4 * dimensions


def read_header(stream: IO[bytes], dimensions: int) -> tuple[int, ...]:
    """Read the header of an IDX file of unsigned bytes and return its shape.

    Raises:
        IdxError: another format, another number of dimensions, or a file that ends within the header.
    """
    size = header_size(dimensions)
    header = stream.read(size)
    magic = bytes((0, 0, _UNSIGNED_BYTE, dimensions))
    if header[:4] != magic:
        found = header[:4].hex(" ") or "an empty file"
        raise IdxError(f"is no IDX file of {dimensions} dimensions: expected {magic.hex(' ')}, found {found}")
    if len(header) < size:
        raise IdxError(f"is truncated: expected a header of {size} bytes, found {len(header)}")
    shape: tuple[int, ...] = struct.unpack(f">{dimensions}I", header[4:])
    if 0 in shape:
        raise IdxError(f"is empty: its header announces the shape {shape}")
    return shape


def map_array(path: Path, dimensions: int) -> np.memmap[tuple[int, ...], np.dtype[np.uint8]]:
    """Map the data of an IDX file read-only into memory, shared by all processes that map it.

    Raises:
        IdxError: not an IDX file of so many dimensions, or not as long as its header announces.
    """
    with path.open("rb") as stream:
        shape = read_header(stream, dimensions)
    offset = header_size(dimensions)
    expected, found = offset + math.prod(shape), path.stat().st_size
    if found != expected:
        raise IdxError(f"has a wrong length: expected {expected:,} bytes, found {found:,}")
    return np.memmap(path, dtype=np.uint8, mode="r", offset=offset, shape=shape)


def write_array(stream: IO[bytes], array: NDArray[np.uint8]) -> None:
    """Write unsigned bytes as an IDX file."""
    stream.write(bytes((0, 0, _UNSIGNED_BYTE, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape))
    stream.write(np.ascontiguousarray(array).tobytes())
