"""Writing files that matter: whole or not at all, and one clear line when the disk refuses.

A file is written under a temporary name in the same folder, flushed to the disk and then renamed over the
old one (``os.replace`` is atomic on POSIX), so that a reader, or the process after a crash, sees either the
old contents or the new ones.
"""

from __future__ import annotations

import errno
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from swatch.errors import UserError

if TYPE_CHECKING:
    import numpy as np

_ELSEWHERE = "choose another folder (for runs: SWATCH_HOME or paths.runs)"
_REASONS = {
    errno.ENOSPC: "no space left on the disk; free some, then run the same command again",
    errno.EDQUOT: "the disk quota is used up; free some space, then run the same command again",
    errno.EFBIG: "the file would be larger than this process may write (ulimit -f)",
    errno.EACCES: f"no permission to write there; {_ELSEWHERE}",
    errno.EPERM: f"no permission to write there; {_ELSEWHERE}",
    errno.EROFS: f"the file system is read-only; {_ELSEWHERE}",
    errno.ENOENT: "there is no such folder, and none can be made there; choose another one",
    errno.EISDIR: "it is a folder; name a file",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.ENOTDIR: f"a part of that path is a file; {_ELSEWHERE}",
}


class WriteError(UserError):
    """The disk is full, or the folder may not be written to: the user can mend it, nothing else is broken."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the disk's refusals inside the block into a :class:`WriteError` that names ``path``."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0)
        if reason is None:
            raise
        raise WriteError(f"cannot write {path}: {reason}") from error


def make_folder(path: Path) -> Path:
    """Create a folder and its parents, or raise :class:`WriteError`; return ``path``."""
    with writing(path):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from error
    return path


def write_file(path: Path, write: Callable[[IO[bytes]], None], *, durable: bool = True) -> None:
    """Replace ``path`` by what ``write`` puts into the stream, whole or not at all.

    With ``durable`` the contents are on the disk before the old file goes, so that a power cut leaves one of
    the two; without, that holds for a crash of the process alone.

    Raises:
        WriteError: the disk is full or the folder refuses; the old file is untouched.
    """
    with writing(path):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                write(stream)
                stream.flush()
                if durable:
                    os.fsync(stream.fileno())
            # mkstemp makes the file private; others may read results as the user's umask says.
            Path(name).chmod(0o666 & ~_UMASK)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` (UTF-8), whole or not at all."""
    write_file(path, lambda stream: _write_all(stream, text.encode()))


def write_json(path: Path, value: Any, *, indent: int | None = 2) -> None:
    """Replace ``path`` by ``value`` as strict JSON; NaN and infinities become null."""
    write_text(path, json_text(value, indent=indent) + "\n")


def write_npz(path: Path, arrays: Mapping[str, np.ndarray[Any, Any]], *, durable: bool = True) -> None:
    """Replace ``path`` by an uncompressed ``.npz`` of ``arrays``; nothing is pickled, objects are refused."""
    import numpy as np

    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"array '{name}' holds Python objects, which .npz could keep only by pickling")
    write_file(path, lambda stream: np.savez(stream, allow_pickle=False, **arrays), durable=durable)


class UnreadableError(Exception):
    """A file is damaged, cut off, or of another kind; the message says in which way."""


def read_npz(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Return the arrays of an ``.npz`` file; nothing is unpickled.

    Raises:
        FileNotFoundError: there is none.
        UnreadableError: it is no ``.npz`` file, or damaged, or holds pickled objects.
    """
    import zipfile
    import zlib

    import numpy as np

    try:
        stored = np.load(path, allow_pickle=False)
        if isinstance(stored, np.ndarray):
            raise UnreadableError("it is a single array, no .npz archive")
        with stored:
            arrays = {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        raise
    except zipfile.BadZipFile as error:
        raise UnreadableError(f"it is damaged or cut off: {error}") from None
    except (OSError, ValueError, EOFError, KeyError, NotImplementedError, zlib.error) as error:
        if isinstance(error, ValueError) and "allow_pickle" in str(error):
            raise UnreadableError("it is no .npz archive of plain arrays") from None
        reason = error.strerror if isinstance(error, OSError) else None
        raise UnreadableError(reason or str(error) or type(error).__name__) from None
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise UnreadableError(f"it holds '{name}', which is no array")
    return arrays


def append_line(path: Path, line: str) -> None:
    """Append one line in a single write, so that another process never reads half of it.

    Raises:
        WriteError: the disk is full or the file refuses; a part that was written is taken back.
    """
    data = line.encode() + b"\n"
    with writing(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            size = os.fstat(descriptor).st_size
            if os.write(descriptor, data) != len(data):
                os.ftruncate(descriptor, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        finally:
            os.close(descriptor)


def json_text(value: Any, *, indent: int | None = None) -> str:
    """Return ``value`` as strict JSON; NumPy scalars become numbers, NaN and infinities become null."""
    return json.dumps(_plain(value), indent=indent, allow_nan=False, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str | int | None):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _write_all(stream: IO[bytes], data: bytes) -> None:
    stream.write(data)


def _current_umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


# Read once, at import: reading it means setting it, which is not safe beside other threads.
_UMASK = _current_umask()
