"""A data set of the MNIST family: four IDX files, 28×28 grey images, ten classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from swatch.data import idx
from swatch.data.cache import Cache, default_folder
from swatch.data.integrity import IdxFile
from swatch.data.library import Library
from swatch.data.partition import Partitioned
from swatch.data.progress import Progress, TerminalProgress
from swatch.data.source import Dataset, LocatedFile
from swatch.data.ways.mirrors import Mirrors
from swatch.data.ways.way import Way
from swatch.errors import UserError


class IdxDataset(Partitioned):
    """What the data sets of the family share; each says what it is called and where it is to be had.

    Its files are looked for in ``folder`` if that is given; else in the cache, into which they come by the
    first of its ways that leads to them.

    Args:
        folder: holds the four IDX files, plain or gzipped; nothing else is looked at then.
        cache: keeps the unpacked files; null is ``SWATCH_DATA``, else the user's cache folder.
        mirrors: web addresses under which the gzipped files lie; null for none.
        checksums: "official" accepts nothing but the published files. null accepts any images in the same
            format, and only from a named ``folder``.
        validation_fraction: share of the training set that is held out for validation, in [0, 1).
        split_seed: decides which images those are.
        normalization: "unit", "centred" or "standardized".
        limit: use only so many images of the training set, for quick tries; null for all.

    Attributes:
        published: images and labels to train, then images and labels to test.
        cache_name: the data set's folder in the cache.
        package: the Debian package that holds the data; None if there is none.

    Raises:
        UserError: a value out of range.
    """

    title: ClassVar[str]
    classes: ClassVar[int] = 10
    class_names: ClassVar[Sequence[str]]
    image_shape: ClassVar[tuple[int, int, int]] = (28, 28, 1)
    has_test_set: ClassVar[bool] = True
    published: ClassVar[Sequence[IdxFile]]
    cache_name: ClassVar[str]
    package: ClassVar[str | None] = None

    def __init__(
        self,
        *,
        folder: str | None = None,
        cache: str | None = None,
        mirrors: Sequence[str] | None = None,
        checksums: Literal["official"] | None = "official",
        validation_fraction: float = 0.1,
        split_seed: int = 0,
        normalization: str = "standardized",
        limit: int | None = None,
    ) -> None:
        if checksums is None and folder is None:
            raise UserError(
                "checksums=null reads unchecked files, which only a folder that you name may hold: "
                "set data.folder too, or leave data.checksums out"
            )
        super().__init__(
            validation_fraction=validation_fraction,
            split_seed=split_seed,
            normalization=normalization,
            limit=limit,
        )
        accepted = (
            tuple(self.published)
            if checksums
            else tuple(IdxFile(file.name, file.dimensions, None) for file in self.published)
        )
        self._train, self._test = accepted[:2], accepted[2:]
        self._paths: dict[str, Path] = {}
        self.library = Library(
            title=self.title,
            files=accepted,
            folder=None if folder is None else Path(folder).expanduser().absolute(),
            cache=Cache(
                (Path(cache).expanduser() if cache else default_folder()).absolute() / self.cache_name
            ),
            ways=self.ways(mirrors or ()),
            package=self.package,
        )

    @staticmethod
    def ways(mirrors: Sequence[str]) -> Sequence[Way]:
        """Return what is tried in this order when the cache lacks a file."""
        return (Mirrors(mirrors),)

    def prepare(self, progress: Progress | None = None, *, test: bool = False) -> None:
        """Find the training files, with ``test`` the test files too; fetch, check and unpack what is missing.

        Args:
            progress: is told what happens; None reports to stderr, and only if something is fetched.
            test: include the test files, which are otherwise not opened.

        Raises:
            UserError: a file is damaged, the cache cannot be written, or no way leads to the data.
        """
        wanted = [*self._train, *self._test] if test else self._train
        missing = [file for file in wanted if file.name not in self._paths]
        if missing:
            self._paths |= self.library.paths(missing, progress or TerminalProgress())

    def is_here(self) -> bool:
        """Whether ``prepare`` would neither fetch nor unpack anything."""
        return self.library.is_here(self._train)

    def cleaning(self, *, test: bool = False) -> None:
        """Return nothing: a published data set is right, or refused."""

    def files(self) -> list[LocatedFile]:
        """Return the files that ``prepare`` has found."""
        return [LocatedFile(path, self.library.origins[name]) for name, path in self._paths.items()]

    def training_set(self) -> Dataset:
        """Return the images that training and validation share; see ``prepare`` for errors."""
        self.prepare()
        return self._load(*self._train)

    def test_set(self) -> Dataset:
        """Return the images that only a final evaluation may see; see ``prepare`` for errors."""
        self.prepare(test=True)
        return self._load(*self._test)

    def _load(self, images_file: IdxFile, labels_file: IdxFile) -> Dataset:
        images = self._map(images_file)
        labels = self._map(labels_file)
        path = self._paths[images_file.name]
        if images.shape[1:] != self.image_shape[:2]:
            height, width = images.shape[1:]
            raise UserError(f"{path} holds images of {height}x{width} pixels, expected 28x28")
        if len(images) != len(labels):
            raise UserError(f"{path} holds {len(images):,} images, {labels_file.name} {len(labels):,} labels")
        if labels.max() >= self.classes:
            labels_path = self._paths[labels_file.name]
            raise UserError(f"{labels_path} holds the label {labels.max()}, expected 0 to {self.classes - 1}")
        return Dataset(images.reshape(-1, *self.image_shape), labels)

    def _map(self, file: IdxFile) -> NDArray[np.uint8]:
        try:
            return idx.map_array(self._paths[file.name], file.dimensions)
        except (idx.IdxError, OSError) as error:
            raise UserError(f"{self._paths[file.name]} changed while it was read: {error}") from error
