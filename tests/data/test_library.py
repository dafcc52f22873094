"""The order in which files are looked for, the cache, and what is said when nothing leads to them."""

from __future__ import annotations

import gzip
import os
import resource
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import pytest

from swatch.data.cache import Cache
from swatch.data.integrity import IdxFile, verify
from swatch.data.library import Library
from swatch.data.progress import Progress
from swatch.data.ways.folder import Folder
from swatch.data.ways.way import Unavailable, Way
from swatch.errors import UserError


class Fake:
    """A way that hands out files from a folder, copied into the scratch folder, or a reason."""

    def __init__(self, name: str, source: Path | None) -> None:
        self.name = name
        self.source = source
        self.asked: list[list[str]] = []

    def collect(self, files: Sequence[IdxFile], scratch: Path, progress: Progress) -> Mapping[str, Path]:
        self.asked.append([file.name for file in files])
        if self.source is None:
            raise Unavailable("closed on Sundays")
        found = {}
        for path in self.source.iterdir():
            found[path.name.removesuffix(".gz")] = scratch / path.name
            (scratch / path.name).write_bytes(path.read_bytes())
        return found


def library(tiny: Any, cache: Path, *ways: Way, folder: Path | None = None) -> Library:
    return Library("Tiny", tiny.files, folder, Cache(cache), ways, "dataset-tiny")


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.name.endswith(".tmp")]


def test_the_first_way_that_works_fills_the_cache(tiny: Any, tmp_path: Path, progress: Any) -> None:
    closed, good = Fake("closed", None), Fake("good", tiny.write(tmp_path / "good", gzipped=True))
    never = Fake("never", None)
    paths = library(tiny, tmp_path / "cache", closed, good, never).paths(tiny.train, progress)
    for file in tiny.train:
        assert paths[file.name].read_bytes() == tiny.contents[file.name]
    wanted = [file.name for file in tiny.train]
    assert closed.asked == good.asked == [wanted]
    assert not never.asked
    assert "Tiny: got from good" in progress.said[-1]
    # Again: nobody is asked, nothing is said.
    progress.said.clear()
    again = library(tiny, tmp_path / "cache", closed, good)
    assert again.paths(tiny.train, progress) == paths
    assert len(good.asked) == 1
    assert not progress.said
    assert set(again.origins.values()) == {"the cache"}


def test_what_came_along_is_kept_unopened_and_used_later(tiny: Any, tmp_path: Path, progress: Any) -> None:
    good = Fake("good", tiny.write(tmp_path / "good", gzipped=True))
    cache = tmp_path / "cache"
    library(tiny, cache, good).paths(tiny.train, progress)
    assert {path.name for path in cache.iterdir()} == {
        ".lock",
        *(file.name for file in tiny.train),
        *(f"{file.name}.gz" for file in tiny.files[2:]),
    }
    paths = library(tiny, cache).paths(tiny.files, progress)
    assert {path.name for path in cache.iterdir()} == {".lock", *paths}
    # Damaged while it was kept: got again.
    for file in tiny.files[2:]:
        paths[file.name].unlink()
        (cache / f"{file.name}.gz").write_bytes(b"rubbish")
    library(tiny, cache, good).paths(tiny.files, progress)
    assert {path.name for path in cache.iterdir()} == {".lock", *paths}
    assert len(good.asked) == 2


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data[:-1] + b"\x01\x02", lambda _: b""]
)
def test_a_damaged_cache_entry_is_got_again(
    damage: Callable[[bytes], bytes], tiny: Any, tmp_path: Path, progress: Any
) -> None:
    good = Fake("good", tiny.write(tmp_path / "good"))
    cache = tiny.write(tmp_path / "cache")
    victim = tiny.train[0]
    (cache / victim.name).write_bytes(damage(tiny.contents[victim.name]))
    paths = library(tiny, cache, good).paths(tiny.train, progress)
    assert paths[victim.name].read_bytes() == tiny.contents[victim.name]
    assert good.asked == [[victim.name]]
    assert victim.name in progress.said[0]
    assert "Getting it again" in progress.said[0]


def test_a_way_with_damaged_files_is_passed_over(tiny: Any, tmp_path: Path, progress: Any) -> None:
    bad, good = tiny.write(tmp_path / "bad"), tiny.write(tmp_path / "good")
    (bad / tiny.train[1].name).write_bytes(tiny.contents[tiny.train[1].name][:-3])
    made = library(tiny, tmp_path / "cache", Fake("bad", bad), Fake("good", good))
    paths = made.paths(tiny.train, progress)
    verify(paths[tiny.train[1].name], tiny.train[1])
    assert made.origins[tiny.train[1].name] == "good"
    assert not leftovers(tmp_path)


def test_nothing_anywhere_lists_each_way_and_the_ways_out(tiny: Any, tmp_path: Path, progress: Any) -> None:
    installed = Folder("Debian's folder", tmp_path / "not there")
    ways = (installed, Fake("the mirrors", None), Fake("the package", None))
    with pytest.raises(UserError) as caught:
        library(tiny, tmp_path / "cache", *ways).paths(tiny.train, progress)
    text = str(caught.value)
    assert "\n" not in text
    for part in (
        f"the cache {tmp_path / 'cache'} (not there)",
        "Debian's folder (not installed)",
        "the mirrors (closed on Sundays)",
        "the package (closed on Sundays)",
        "data.folder=FOLDER",
        "sudo apt install dataset-tiny",
        "`swatch data fetch`",
        "SWATCH_DATA",
    ):
        assert part in text
    assert not leftovers(tmp_path)


@pytest.mark.parametrize("gzipped", [False, True])
def test_a_named_folder_is_the_only_place(gzipped: bool, tiny: Any, tmp_path: Path, progress: Any) -> None:
    folder = tiny.write(tmp_path / "mine", gzipped=gzipped)
    for path in folder.glob("t10k*"):
        path.unlink()
    made = library(tiny, tmp_path / "cache", folder=folder)
    paths = made.paths(tiny.train, progress)
    for file in tiny.train:
        assert paths[file.name].read_bytes() == tiny.contents[file.name]
        assert made.origins[file.name].startswith(str(folder))
    # Plain files are used where they lie; gzipped ones are unpacked into the cache once.
    assert all((path.parent == folder) != gzipped for path in paths.values())
    stamps = [path.stat().st_mtime_ns for path in paths.values()]
    assert library(tiny, tmp_path / "cache", folder=folder).paths(tiny.train, progress) == paths
    assert [path.stat().st_mtime_ns for path in paths.values()] == stamps
    with pytest.raises(UserError, match=f"data.folder={folder} lacks a file: Tiny needs t10k-images"):
        made.paths(tiny.files, progress)


def test_a_damaged_unpacked_copy_of_a_named_folder_is_made_again(
    tiny: Any, tmp_path: Path, progress: Any
) -> None:
    folder = tiny.write(tmp_path / "mine", gzipped=True)
    file = tiny.train[0]
    path = library(tiny, tmp_path / "cache", folder=folder).paths([file], progress)[file.name]
    path.write_bytes(path.read_bytes()[:-5])
    assert library(tiny, tmp_path / "cache", folder=folder).paths([file], progress)[file.name] == path
    assert path.read_bytes() == tiny.contents[file.name]


@pytest.mark.parametrize(
    ("gzipped", "damage", "reason"),
    [
        (False, lambda data: data[:-7], "is truncated: expected 31,376 bytes, found 31,369"),
        (False, lambda data: data[:-1] + bytes([data[-1] ^ 1]), "is altered: expected SHA-256 "),
        (True, lambda data: data[:-7], "is truncated"),
        (True, lambda data: gzip.compress(gzip.decompress(data)[:-1]), "is truncated: expected 31,376 bytes"),
        (True, lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:], "is altered"),
    ],
)
def test_a_damaged_file_in_a_named_folder(
    gzipped: bool, damage: Callable[[bytes], bytes], reason: str, tiny: Any, tmp_path: Path, progress: Any
) -> None:
    folder = tiny.write(tmp_path / "mine", gzipped=gzipped)
    path = folder / (tiny.train[0].name + (".gz" if gzipped else ""))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError) as caught:
        library(tiny, tmp_path / "cache", Fake("never", None), folder=folder).paths(tiny.train, progress)
    text = str(caught.value)
    assert text.startswith(f"{path} {reason}")
    assert "leave data.folder out" in text
    assert "\n" not in text
    assert not leftovers(tmp_path)


def test_a_named_folder_that_is_not_there(tiny: Any, tmp_path: Path, progress: Any) -> None:
    with pytest.raises(UserError, match=r"data\.folder=.*nowhere is not a folder"):
        library(tiny, tmp_path / "cache", folder=tmp_path / "nowhere").paths(tiny.train, progress)


def test_a_cache_folder_under_a_file(tiny: Any, tmp_path: Path, progress: Any) -> None:
    (tmp_path / "file").write_text("")
    good = Fake("good", tiny.write(tmp_path / "good"))
    with pytest.raises(
        UserError, match=r"^cannot write the data cache .*Not a directory.*data\.cache=FOLDER"
    ):
        library(tiny, tmp_path / "file" / "cache", good).paths(tiny.train, progress)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write everywhere: be nobody meanwhile."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_no_permission_for_the_cache(tiny: Any, tmp_path: Path, progress: Any) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)
    never = Fake("never", None)
    with unprivileged(), pytest.raises(UserError, match=r"^cannot write the data cache .*Permission denied"):
        library(tiny, tmp_path / "locked" / "cache", never).paths(tiny.train, progress)
    assert not never.asked
    assert not list((tmp_path / "locked").iterdir())


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Writing more than ``size`` bytes into a file fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_up_leaves_nothing_half_written(tiny: Any, tmp_path: Path, progress: Any) -> None:
    folder = tiny.write(tmp_path / "installed", gzipped=True)
    made = library(tiny, tmp_path / "cache", Folder("installed", folder))
    with (
        largest_file(10_000),
        pytest.raises(UserError, match=r"^cannot write the data cache .*File too large"),
    ):
        made.paths(tiny.train, progress)
    assert not (tmp_path / "cache" / tiny.train[0].name).exists()
    assert not leftovers(tmp_path)
    made.paths(tiny.train, progress)


def test_what_a_killed_process_left_is_removed(tiny: Any, tmp_path: Path, progress: Any) -> None:
    cache = tmp_path / "cache"
    (cache / ".fetch.abc.tmp").mkdir(parents=True)
    (cache / ".fetch.abc.tmp" / "half.gz").write_bytes(b"half")
    (cache / f".{tiny.train[0].name}.xyz.tmp").write_bytes(b"half")
    library(tiny, cache, Fake("good", tiny.write(tmp_path / "good"))).paths(tiny.train, progress)
    assert not leftovers(tmp_path)


def test_a_full_cache_needs_no_lock(tiny: Any, tmp_path: Path, progress: Any) -> None:
    cache = tiny.write(tmp_path / "cache")
    with filelock.FileLock(cache / ".lock"):
        assert len(library(tiny, cache).paths(tiny.files, progress)) == 4
