"""The IDX format and the check of its files."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from swatch.data import idx
from swatch.data.integrity import IdxFile, copy_plain, verify

SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def as_idx(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    idx.write_array(stream, array)
    return stream.getvalue()


IMAGES = as_idx(np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5))
FILE = IdxFile("images", 3, hashlib.sha256(IMAGES).hexdigest())


@SAME_FOLDER
@given(array=arrays(np.uint8, array_shapes(min_dims=1, max_dims=4, max_side=9)))
def test_written_arrays_map_back(array: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(as_idx(array))
    mapped = idx.map_array(path, array.ndim)
    assert mapped.dtype == np.uint8
    assert not mapped.flags.writeable
    np.testing.assert_array_equal(mapped, array)


def test_header_is_the_published_one() -> None:
    assert IMAGES[:16] == bytes.fromhex("00000803 00000003 00000004 00000005")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is no IDX file of 3 dimensions: expected 00 00 08 03, found an empty file"),
        (b"<html>", "is no IDX file of 3 dimensions: expected 00 00 08 03, found 3c 68 74 6d"),
        (as_idx(np.zeros(5, np.uint8)), "expected 00 00 08 03, found 00 00 08 01"),
        (IMAGES[:10], "is truncated: expected a header of 16 bytes, found 10"),
        (IMAGES[:-1], "expected 76 bytes, found 75"),
        (IMAGES + b"\0", "76 bytes"),
        (bytes((0, 0, 8, 3)) + struct.pack(">3I", 0, 28, 28), "is empty: its header announces the shape"),
    ],
    ids=["empty", "page", "labels", "header", "truncated", "longer", "no data"],
)
@pytest.mark.parametrize("check", ["map", "verify", "verify gzipped"])
def test_wrong_files_say_what_was_expected_and_found(
    data: bytes, reason: str, check: str, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(data) if "gzipped" in check else data)
    with pytest.raises(idx.IdxError, match=re.escape(reason)):
        if check == "map":
            idx.map_array(path, 3)
        else:
            verify(path, IdxFile("file", 3, None))


@SAME_FOLDER
@given(position=st.integers(0, len(IMAGES) - 1), change=st.integers(1, 255), gzipped=st.booleans())
def test_no_altered_byte_goes_unnoticed(position: int, change: int, gzipped: bool, tmp_path: Path) -> None:
    data = bytearray(IMAGES)
    data[position] ^= change
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(data) if gzipped else data)
    with pytest.raises(idx.IdxError):
        verify(path, FILE)


@SAME_FOLDER
@given(seed=st.integers(0, 2**32), keep=st.floats(0, 0.999))
def test_no_damage_to_a_gzip_file_passes(seed: int, keep: float, tmp_path: Path) -> None:
    """Cut anywhere, or with a byte changed in the compressed data: an IdxError, never another error."""
    whole = gzip.compress(IMAGES, mtime=0)
    path = tmp_path / "file.gz"
    path.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(idx.IdxError):
        verify(path, FILE)
    damaged = bytearray(whole)
    damaged[random.Random(seed).randrange(10, len(whole))] ^= 0x55
    path.write_bytes(damaged)
    with pytest.raises(idx.IdxError):
        verify(path, FILE)


@pytest.mark.parametrize("level", [1, 9])
def test_any_compression_has_the_same_contents(level: int, tmp_path: Path) -> None:
    path = tmp_path / "named_without_suffix"
    path.write_bytes(gzip.compress(IMAGES, level))
    target = io.BytesIO()
    copy_plain(path, FILE, target)
    assert target.getvalue() == IMAGES


def test_missing_and_unreadable_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(idx.IdxError, match="cannot be read: No such file") as caught:
        verify(tmp_path / "absent", FILE)
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    with pytest.raises(idx.IdxError, match="cannot be read: Is a directory"):
        verify(tmp_path, FILE)
