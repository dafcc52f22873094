"""Fashion-MNIST: 70,000 grey 28×28 images of clothes in ten classes (H. Xiao et al., 2017, 1708.07747)."""

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
from swatch.data.normalization import Normalization, check_kind, fit
from swatch.data.progress import Progress, TerminalProgress
from swatch.data.source import Dataset, LocatedFile
from swatch.data.split import check_split, stratified_split
from swatch.data.ways.debian import DebianPackage
from swatch.data.ways.folder import Folder
from swatch.data.ways.mirrors import Mirrors
from swatch.errors import UserError

# SHA-256 of the decompressed files: what is in the authors' .gz files (whose MD5s stand in the README of
# zalandoresearch/fashion-mnist) and in Debian's .gz files, which have other gzip headers.
TRAIN_IMAGES = IdxFile(
    "train-images-idx3-ubyte", 3, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"
)
TRAIN_LABELS = IdxFile(
    "train-labels-idx1-ubyte", 1, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"
)
TEST_IMAGES = IdxFile(
    "t10k-images-idx3-ubyte", 3, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"
)
TEST_LABELS = IdxFile(
    "t10k-labels-idx1-ubyte", 1, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"
)
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
DEBIAN_SIZE = 30_900_652


class FashionMNIST:
    """The data set, got by itself on first use.

    Its files are looked for in ``folder`` if that is given; else in the cache, into which they come from
    Debian's installed package, a mirror, or Debian's package fetched for the purpose.

    Args:
        folder: holds the four IDX files, plain or gzipped; nothing else is looked at then.
        cache: keeps the unpacked files; null is ``SWATCH_DATA``, else the user's cache folder.
        mirrors: web addresses under which the gzipped files lie; null for none.
        checksums: "official" accepts nothing but the published files. null accepts any images in the same
            format, and only from a named ``folder``.
        validation_fraction: share of the training set that is held out for validation, in (0, 1).
        split_seed: decides which images those are.
        normalization: "unit", "centred" or "standardized".
        limit: use only so many images of the training set, for quick tries; null for all.

    Raises:
        UserError: a value out of range.
    """

    title: ClassVar[str] = "Fashion-MNIST"
    classes: ClassVar[int] = 10
    class_names: ClassVar[Sequence[str]] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    image_shape: ClassVar[tuple[int, int, int]] = (28, 28, 1)

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
        check_kind(normalization)
        check_split(validation_fraction, split_seed, limit)
        self.validation_fraction = validation_fraction
        self.split_seed = split_seed
        self.limit = limit
        self._normalization = normalization
        files = FILES if checksums else tuple(IdxFile(file.name, file.dimensions, None) for file in FILES)
        self._train, self._test = files[:2], files[2:]
        self._paths: dict[str, Path] = {}
        self.library = Library(
            title=self.title,
            files=files,
            folder=None if folder is None else Path(folder).expanduser().absolute(),
            cache=Cache(
                (Path(cache).expanduser() if cache else default_folder()).absolute() / "fashion-mnist"
            ),
            ways=(
                Folder(f"Debian's {DEBIAN_FOLDER}", DEBIAN_FOLDER),
                Mirrors(mirrors or ()),
                DebianPackage(DEBIAN_PACKAGE, DEBIAN_FOLDER, DEBIAN_SIZE),
            ),
            package=DEBIAN_PACKAGE,
        )

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

    def files(self) -> list[LocatedFile]:
        """Return the files that ``prepare`` has found."""
        return [LocatedFile(path, self.library.origins[name]) for name, path in self._paths.items()]

    def training_set(self) -> Dataset:
        """Return the 60,000 images that training and validation share; see ``prepare`` for errors."""
        self.prepare()
        return self._load(*self._train)

    def test_set(self) -> Dataset:
        """Return the 10,000 images that only a final evaluation may see; see ``prepare`` for errors."""
        self.prepare(test=True)
        return self._load(*self._test)

    def split(self, labels: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return sorted indices into the training set: (training part, validation part), stratified.

        Raises:
            UserError: ``limit`` is larger than the training set.
        """
        return stratified_split(labels, self.validation_fraction, self.split_seed, self.limit)

    def normalizer(self, images: NDArray[np.uint8], indices: NDArray[np.intp]) -> Normalization:
        """Return the normalization, its constants from ``images[indices]`` (the training part) alone."""
        return fit(self._normalization, images, indices)

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
