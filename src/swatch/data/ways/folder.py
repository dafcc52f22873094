"""Files that are on this machine already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from swatch.data.integrity import IdxFile
from swatch.data.progress import Progress
from swatch.data.ways.way import Unavailable


def locate(folder: Path, file: IdxFile) -> Path | None:
    """Return the path of ``file`` in ``folder``, plain or gzipped, or None.

    Some programs that unpack the files call them "train-images.idx3-ubyte"; that is understood too.
    """
    dotted = file.name.replace("-idx", ".idx")
    for name in (file.name, f"{file.name}.gz", dotted, f"{dotted}.gz"):
        if (folder / name).is_file():
            return folder / name
    return None


class Folder:
    """A folder where a system package puts its files.

    Args:
        name: what the user knows it as.
        path: the folder.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path

    def collect(self, files: Sequence[IdxFile], scratch: Path, progress: Progress) -> Mapping[str, Path]:
        """Return where the files lie.

        Raises:
            Unavailable: the folder or one of the files is missing.
        """
        if not self.path.is_dir():
            raise Unavailable("not installed")
        found = {file.name: path for file in files if (path := locate(self.path, file))}
        missing = [file.name for file in files if file.name not in found]
        if missing:
            raise Unavailable(f"lacks {', '.join(missing)}")
        return found
