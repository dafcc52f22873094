"""Where a data set's files are found: a folder that the user names, else the cache, which fills itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from swatch.data.cache import Cache
from swatch.data.idx import IdxError
from swatch.data.integrity import IdxFile, is_gzipped, verify
from swatch.data.progress import Progress
from swatch.data.ways.folder import locate
from swatch.data.ways.way import Unavailable, Way
from swatch.errors import UserError

_ABSENT = "not there"


@dataclass
class Library:
    """Finds a data set's files, and fetches them on first use.

    Attributes:
        title: what the data set is called.
        files: all files of the data set.
        folder: named by the user; nothing else is looked at then. None: the cache and the ways.
        cache: keeps what was unpacked.
        ways: tried in this order when the cache lacks a file.
        package: the Debian package that the user could install; None if there is none.
        origins: for each file found so far, in words, where it came from.
    """

    title: str
    files: Sequence[IdxFile]
    folder: Path | None
    cache: Cache
    ways: Sequence[Way]
    package: str | None
    origins: dict[str, str] = field(default_factory=dict)

    def paths(self, wanted: Sequence[IdxFile], progress: Progress) -> dict[str, Path]:
        """Return where the wanted files lie as plain IDX files, each checked; no other file is opened.

        Raises:
            UserError: a file in the user's folder is missing or wrong, the cache cannot be written, or no way
                leads to the files.
        """
        if self.folder is not None:
            return {file.name: self._from_folder(self.folder, file) for file in wanted}
        found, reasons = self._from_cache(wanted)
        if not reasons:
            return found
        with self.cache.lock(progress):
            # Another process may have filled the cache while this one waited for the lock.
            found, reasons = self._from_cache(wanted)
            for file in wanted:
                if file.name in reasons and self.cache.unpack_kept(file):
                    del reasons[file.name]
                    self.origins[file.name] = "an earlier download"
            if reasons:
                self._fetch(wanted, reasons, progress)
        return {file.name: self.cache.path(file) for file in wanted}

    def is_here(self, wanted: Sequence[IdxFile]) -> bool:
        """Whether ``paths`` would answer, be it with an error, without fetching or unpacking anything."""
        if self.folder is not None:
            located = [locate(self.folder, file) for file in wanted]
            return not any(path is not None and is_gzipped(path) for path in located)
        return not self._from_cache(wanted)[1]

    def _from_folder(self, folder: Path, file: IdxFile) -> Path:
        path = locate(folder, file)
        if path is None:
            state = "lacks a file" if folder.is_dir() else "is not a folder"
            raise UserError(
                f"data.folder={folder} {state}: {self.title} needs {file.name} (or {file.name}.gz) in it. "
                "Leave data.folder out to have the data fetched."
            )
        self.origins[file.name] = f"{path}"
        try:
            if not is_gzipped(path):
                verify(path, file)
                return path
            unpacked = Cache(self.cache.folder / "unpacked" / _digest(path))
            try:
                return unpacked.find(file) or unpacked.add(path, file)
            except IdxError:
                return unpacked.add(path, file)
        except (IdxError, OSError) as error:
            text = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else error
            raise UserError(
                f"{path} {text}. Put the published file there, or leave data.folder out to have it fetched; "
                "data.checksums=null reads images of your own in this format."
            ) from error

    def _from_cache(self, wanted: Sequence[IdxFile]) -> tuple[dict[str, Path], dict[str, str]]:
        """Return the files that the cache has, and for each other one the reason why it has not."""
        found, reasons = {}, {}
        for file in wanted:
            try:
                path = self.cache.find(file)
            except IdxError as error:
                reasons[file.name] = str(error)
                continue
            if path is None:
                reasons[file.name] = _ABSENT
            else:
                found[file.name] = path
                self.origins.setdefault(file.name, "the cache")
        return found, reasons

    def _fetch(self, wanted: Sequence[IdxFile], reasons: Mapping[str, str], progress: Progress) -> None:
        """Get the files that ``reasons`` names into the cache, by the first way that leads to them."""
        for name, reason in reasons.items():
            if reason != _ABSENT:
                progress.say(f"{self.cache.folder / name} {reason}. Getting it again.")
        tried = [f"the cache {self.cache.folder} ({_summary(reasons)})"]
        missing = [file for file in wanted if file.name in reasons]
        for way in self.ways:
            try:
                with self.cache.scratch() as scratch:
                    collected = way.collect(missing, scratch, progress)
                    for file in missing:
                        self._add(collected[file.name], file, way.name)
                    for file in self.files:
                        if file.name in collected and not self.cache.has(file):
                            self.cache.keep(collected[file.name], file)
            except Unavailable as reason:
                tried.append(f"{way.name} ({reason})")
                continue
            progress.say(f"{self.title}: got from {way.name}, checked, unpacked into {self.cache.folder}")
            return
        names = ", ".join(file.name for file in self.files)
        ways_out = [f"name a folder that holds {names} (plain or .gz): data.folder=FOLDER"]
        if self.package is not None:
            ways_out.append(f"install the data: sudo apt install {self.package}")
        ways_out.append(
            "run `swatch data fetch` for it where there is a network, copy its cache folder to this machine "
            "and name it: data.cache=FOLDER or SWATCH_DATA"
        )
        raise UserError(
            f"{self.title} is not on this machine and could not be fetched. Tried: {'; '.join(tried)}. "
            f"Ways out: {'; '.join(f'({place}) {text}' for place, text in enumerate(ways_out, 1))}."
        )

    def _add(self, path: Path, file: IdxFile, origin: str) -> None:
        try:
            self.cache.add(path, file)
        except IdxError as error:
            raise Unavailable(f"{path.name} {error}") from error
        self.origins[file.name] = origin


def _summary(reasons: Mapping[str, str]) -> str:
    damaged = [f"{name} {reason}" for name, reason in reasons.items() if reason != _ABSENT]
    return "; ".join(damaged) or _ABSENT


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
