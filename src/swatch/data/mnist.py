"""MNIST: 70,000 grey 28×28 images of handwritten digits (Y. LeCun, C. Cortes, C. Burges, 1998)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from swatch.data.idx_dataset import IdxDataset
from swatch.data.integrity import IdxFile

# SHA-256 of the decompressed files.
TRAIN_IMAGES = IdxFile(
    "train-images-idx3-ubyte", 3, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
)
TRAIN_LABELS = IdxFile(
    "train-labels-idx1-ubyte", 1, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
)
TEST_IMAGES = IdxFile(
    "t10k-images-idx3-ubyte", 3, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
)
TEST_LABELS = IdxFile(
    "t10k-labels-idx1-ubyte", 1, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
)
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)


class MNIST(IdxDataset):
    """The data set, which comes from a mirror or from a folder that you name; see `IdxDataset`."""

    title: ClassVar[str] = "MNIST"
    class_names: ClassVar[Sequence[str]] = tuple(map(str, range(10)))
    published: ClassVar[Sequence[IdxFile]] = FILES
    cache_name: ClassVar[str] = "mnist"
