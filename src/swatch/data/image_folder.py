"""Image files, a folder for each class."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from swatch.data import image_reader
from swatch.data.converted import ConvertedSource
from swatch.data.image_reader import Colours, Fit
from swatch.data.problems import Policy
from swatch.data.progress import Progress
from swatch.data.source import LocatedFile
from swatch.data.store import Reading
from swatch.errors import UserError


class ImageFolder(ConvertedSource):
    """A data set of one's own; read once and kept as arrays for as long as the files are the same.

    A file is taken for the same if its name, its size and the time of its last change are.

    Args:
        folder: holds a folder of images for each class, whose name is the class's.
        test_folder: the same to test; null if there is none.
        size: height and width that all images are brought to; null if they have one size.
        colours: "grey" or "rgb".
        fit: how an image of another form gets that size: "pad" adds background, "crop" cuts off, "stretch"
            distorts.
        background: the byte (0 is black) that padding and transparency become.
        invert: turn black into white, after which comes the padding; for dark drawings on white paper.
        bad_images: "refuse" the folder, or "drop" the files that cannot be used.
        cache: keeps the arrays; null is ``SWATCH_DATA``, else the user's cache folder.
        validation_fraction: share of the training set that is held out for validation, in [0, 1).
        split_seed: decides which images those are.
        normalization: "unit", "centred" or "standardized".
        limit: use only so many images of the training set, for quick tries; null for all.

    Raises:
        UserError: a value out of range.
    """

    def __init__(
        self,
        *,
        folder: str | None = None,
        test_folder: str | None = None,
        size: Sequence[int] | None = None,
        colours: Colours = "grey",
        fit: Fit = "pad",
        background: int = 0,
        invert: bool = False,
        bad_images: Policy = "refuse",
        cache: str | None = None,
        validation_fraction: float = 0.1,
        split_seed: int = 0,
        normalization: str = "standardized",
        limit: int | None = None,
    ) -> None:
        if folder is None:
            raise UserError("name the folder with a folder of images for each class: data.folder=FOLDER")
        self._folder = Path(folder).expanduser().absolute()
        self._test_folder = None if test_folder is None else Path(test_folder).expanduser().absolute()
        super().__init__(
            title=self._folder.name,
            kind="images",
            cache=cache,
            validation_fraction=validation_fraction,
            split_seed=split_seed,
            normalization=normalization,
            limit=limit,
        )
        if size is not None and (len(size) != 2 or min(size) < 1):
            raise UserError(f"size must be [height, width], found {list(size)}")
        if not 0 <= background <= 255:
            raise UserError(f"background must lie between 0 (black) and 255 (white), found {background}")
        self._look = image_reader.Look(
            None if size is None else (size[0], size[1]), colours, fit, background, invert, bad_images
        )

    @property
    def has_test_set(self) -> bool:
        """Whether a test folder was named."""
        return self._test_folder is not None

    def files(self) -> Sequence[LocatedFile]:
        """Return nothing: there may be very many."""
        return ()

    def _place(self, *, test: bool) -> Mapping[str, Any]:
        return {"folder": str(self._path(test=test)), **vars(self._look)}

    def _contents(self, *, test: bool) -> str:
        folder = self._path(test=test)
        if not folder.is_dir():
            key = "data.test_folder" if test else "data.folder"
            raise UserError(f"{key}={folder} is not a folder")
        digest = hashlib.sha256()
        folders = image_reader.class_folders(folder)
        lists = [*map(image_reader.images_of, folders.values()), image_reader.loose_files(folder)]
        digest.update("\0".join(folders).encode("utf-8", "surrogateescape"))
        for path in (path for files in lists for path in files):
            status = image_reader.status_of(path)
            line = f"{path.relative_to(folder)}\0{status.st_size}\0{status.st_mtime_ns}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def _read(self, names: Sequence[str] | None, progress: Progress, *, test: bool) -> Reading:
        return image_reader.read(self._path(test=test), self._look, names, progress)

    def _path(self, *, test: bool) -> Path:
        if not test:
            return self._folder
        if self._test_folder is None:
            raise UserError(
                "this data set has no test images: name a folder of them with data.test_folder=FOLDER"
            )
        return self._test_folder
