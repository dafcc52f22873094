"""The folder that keeps a data set's unpacked files, shared by every process and safe against all of them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import filelock
import platformdirs

from swatch.data.idx import IdxError
from swatch.data.integrity import IdxFile, copy_plain, verify
from swatch.data.progress import Progress
from swatch.errors import UserError
from swatch.files import WriteError, make_folder, write_file

_PATIENCE = 1.0  # seconds before the user is told what is waited for


def default_folder() -> Path:
    """Return ``SWATCH_DATA``, else the user's cache folder for swatch."""
    return Path(os.environ.get("SWATCH_DATA") or platformdirs.user_cache_dir("swatch", appauthor=False))


class Cache:
    """Plain IDX files in one folder; each is complete and correct, or absent, or found out to be neither.

    A download may bring files that nobody has asked for yet; they are kept as they came, gzipped, unopened.

    Args:
        folder: made on first use.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, file: IdxFile) -> Path:
        """Return where ``file`` lies or would lie."""
        return self.folder / file.name

    def find(self, file: IdxFile) -> Path | None:
        """Return the path of ``file`` if the cache has it.

        Raises:
            IdxError: it has one, but not a correct one.
        """
        try:
            verify(self.path(file), file)
        except IdxError as error:
            if isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
                return None
            raise
        return self.path(file)

    def add(self, source: Path, file: IdxFile) -> Path:
        """Unpack ``source``, plain or gzipped, into the cache, checked on the way; return its path there.

        Raises:
            IdxError: ``source`` is not ``file``; the cache is untouched.
            UserError: the cache cannot be written.
        """
        with self._writing():
            make_folder(self.folder)
            write_file(self.path(file), lambda stream: copy_plain(source, file, stream))
        return self.path(file)

    def put(self, name: str, write: Callable[[IO[bytes]], Any]) -> Path:
        """Replace the file ``name`` by what ``write`` puts into the stream, whole or not at all.

        Raises:
            UserError: the cache cannot be written.
        """
        with self._writing():
            make_folder(self.folder)
            write_file(self.folder / name, write)
        return self.folder / name

    def keep(self, source: Path, file: IdxFile) -> None:
        """Move a downloaded file into the cache without opening it; it must lie in a ``scratch`` folder.

        Raises:
            UserError: the cache cannot be written.
        """
        with self._writing():
            source.replace(self._kept(file))

    def unpack_kept(self, file: IdxFile) -> bool:
        """Unpack ``file`` if an earlier download left it gzipped, and tell if that went well; under the lock.

        Raises:
            UserError: the cache cannot be written.
        """
        kept = self._kept(file)
        if not kept.is_file():
            return False
        good = True
        try:
            self.add(kept, file)
        except IdxError:
            good = False
        with self._writing():
            kept.unlink()
        return good

    def has(self, file: IdxFile) -> bool:
        """Tell, without opening it, whether the cache has some ``file``, unpacked or kept."""
        return self.path(file).exists() or self._kept(file).exists()

    @contextmanager
    def lock(self, progress: Progress) -> Iterator[None]:
        """Hold the cache's lock; the operating system frees it if the holder dies.

        Raises:
            UserError: the cache cannot be written.
        """
        with self._writing():
            make_folder(self.folder)
            lock = filelock.FileLock(self.folder / ".lock")
            try:
                lock.acquire(timeout=_PATIENCE)
            except filelock.Timeout:
                progress.say(f"Waiting for another process that fills {self.folder} …")
                lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Make an empty folder for downloads and delete it afterwards; only under the lock.

        Raises:
            UserError: the cache cannot be written.
        """
        with self._writing():
            # What a killed process left behind.
            for path in self.folder.glob(".*.tmp"):
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            folder = tempfile.TemporaryDirectory(prefix=".fetch.", suffix=".tmp", dir=self.folder)
        with folder as name:
            yield Path(name)

    def _kept(self, file: IdxFile) -> Path:
        return self.folder / f"{file.name}.gz"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (WriteError, OSError) as error:
            cause = error.__cause__ if isinstance(error, WriteError) else error
            raise UserError(
                f"cannot write the data cache {self.folder}: {getattr(cause, 'strerror', None) or error}. "
                "Name another folder with data.cache=FOLDER or the environment variable SWATCH_DATA."
            ) from error
