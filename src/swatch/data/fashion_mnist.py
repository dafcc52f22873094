"""Fashion-MNIST: 70,000 grey 28×28 images of clothes in ten classes (H. Xiao et al., 2017, 1708.07747)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from swatch.data.idx_dataset import IdxDataset
from swatch.data.integrity import IdxFile
from swatch.data.ways.debian import DebianPackage
from swatch.data.ways.folder import Folder
from swatch.data.ways.mirrors import Mirrors
from swatch.data.ways.way import Way

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
    """The data set, got by itself on first use: from Debian's package if it is installed, a mirror, or that
    package fetched for the purpose; see `IdxDataset`.
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
    published: ClassVar[Sequence[IdxFile]] = FILES
    cache_name: ClassVar[str] = "fashion-mnist"
    package: ClassVar[str | None] = DEBIAN_PACKAGE

    @staticmethod
    def ways(mirrors: Sequence[str]) -> Sequence[Way]:
        """Return what is tried in this order when the cache lacks a file."""
        return (
            Folder(f"Debian's {DEBIAN_FOLDER}", DEBIAN_FOLDER),
            Mirrors(mirrors),
            DebianPackage(DEBIAN_PACKAGE, DEBIAN_FOLDER, DEBIAN_SIZE),
        )
