"""What a way of getting files is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from swatch.data.integrity import IdxFile
from swatch.data.progress import Progress


class Unavailable(Exception):  # noqa: N818 - a state of the world, not a mistake
    """This way does not lead to the files; the text says why, in a few words."""


class Way(Protocol):
    """A place or a method that files can be got from."""

    @property
    def name(self) -> str:
        """What the user knows it as."""
        ...

    def collect(self, files: Sequence[IdxFile], scratch: Path, progress: Progress) -> Mapping[str, Path]:
        """Find or fetch ``files``; the caller checks what is in them.

        Args:
            files: what is wanted.
            scratch: an empty folder for downloads, deleted by the caller.
            progress: is told what happens.

        Returns:
            For the name of each file, where it lies now, plain or gzipped. Gzipped files of the data set that
            came along, unasked, may be there too if they lie in ``scratch``.

        Raises:
            Unavailable: not all of them can be had this way.
        """
        ...
