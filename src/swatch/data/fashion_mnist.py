"""Fashion-MNIST: 70,000 grey 28×28 images of clothes in ten classes (H. Xiao et al., 2017, 1708.07747)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from swatch.data.idx_dataset import IdxDataset
from swatch.data.integrity import IdxFile
from swatch.data.ways.debian import DebianPackage
from swatch.data.ways.folder import Folder
from swatch.data.ways.mirrors import Mirrors

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


class FashionMNIST(IdxDataset):
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
        super().__init__(
            files=FILES,
            ways=(
                Folder(f"Debian's {DEBIAN_FOLDER}", DEBIAN_FOLDER),
                Mirrors(mirrors or ()),
                DebianPackage(DEBIAN_PACKAGE, DEBIAN_FOLDER, DEBIAN_SIZE),
            ),
            package=DEBIAN_PACKAGE,
            folder=folder,
            cache=cache,
            cache_name="fashion-mnist",
            checksums=checksums,
            validation_fraction=validation_fraction,
            split_seed=split_seed,
            normalization=normalization,
            limit=limit,
        )
