"""Files are whole or untouched, and a refusing disk is one clear line."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from swatch import files
from swatch.errors import UserError


def test_write_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    files.write_text(path, "new £")
    assert path.read_text() == "new £"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_failure_while_writing_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def half(stream: IO[bytes]) -> None:
        stream.write(b"ne")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(files.WriteError, match=rf"cannot write {path}: no space left on the disk"):
        files.write_file(path, half)
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize(
    "number",
    [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS, errno.ENOENT, errno.ENAMETOOLONG],
)
def test_refusals_are_user_errors_in_one_line(number: int, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught, files.writing(tmp_path / "x"):
        raise OSError(number, os.strerror(number))
    assert str(tmp_path / "x") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_errors_pass_through(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="I/O"), files.writing(tmp_path / "x"):
        raise OSError(errno.EIO, "I/O error")


def test_folder_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(files.WriteError, match="is a file"):
        files.make_folder(tmp_path / "file" / "below")
    with pytest.raises(files.WriteError, match="is a file"):
        files.make_folder(tmp_path / "file")


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "page.html").mkdir()
    with pytest.raises(files.WriteError, match=r"page\.html: it is a folder; name a file"):
        files.write_text(tmp_path / "page.html", "text")
    assert [item.name for item in tmp_path.iterdir()] == ["page.html"]


def test_mode_follows_the_umask(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    files.write_text(tmp_path / "written", "")
    assert (tmp_path / "written").stat().st_mode == plain.stat().st_mode


def test_npz_round_trip_and_no_objects(tmp_path: Path) -> None:
    arrays = {"a/b": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.asarray(7)}
    files.write_npz(tmp_path / "a.npz", arrays)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        assert set(found.files) == set(arrays)
        for name, array in arrays.items():
            assert found[name].dtype == array.dtype
            assert np.array_equal(found[name], array)
    with pytest.raises(TypeError, match="'o' holds Python objects"):
        files.write_npz(tmp_path / "o.npz", {"o": np.array([{}], dtype=object)})
    assert [item.name for item in tmp_path.iterdir()] == ["a.npz"]


def test_json_is_strict(tmp_path: Path) -> None:
    value = {"nan": float("nan"), "inf": [np.inf], "scalar": np.float32(0.5), "path": tmp_path, "t": True}
    files.write_json(tmp_path / "a.json", value)
    found = json.loads((tmp_path / "a.json").read_text(), parse_constant=pytest.fail)
    assert found == {"nan": None, "inf": [None], "scalar": 0.5, "path": str(tmp_path), "t": True}
    with pytest.raises(TypeError, match="object cannot be written as JSON"):
        files.json_text(object())


def test_append_adds_whole_lines(tmp_path: Path) -> None:
    for line in ("one", "two"):
        files.append_line(tmp_path / "a.jsonl", line)
    assert (tmp_path / "a.jsonl").read_text() == "one\ntwo\n"


def test_append_takes_a_part_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    files.append_line(path, "one")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:2]))
    with pytest.raises(files.WriteError, match="no space left"):
        files.append_line(path, "two")
    assert path.read_text() == "one\n"
