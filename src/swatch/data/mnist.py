"""MNIST: 70,000 grey 28×28 images of handwritten digits (Y. LeCun, C. Cortes, C. Burges, 1998)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from swatch.data.idx_dataset import IdxDataset
from swatch.data.integrity import IdxFile
from swatch.data.ways.mirrors import Mirrors

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
    """The data set, got by itself on first use.

    Its files are looked for in ``folder`` if that is given; else in the cache, into which they come from a
    mirror.

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

    title: ClassVar[str] = "MNIST"
    class_names: ClassVar[Sequence[str]] = tuple(map(str, range(10)))

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
            ways=(Mirrors(mirrors or ()),),
            package=None,
            folder=folder,
            cache=cache,
            cache_name="mnist",
            checksums=checksums,
            validation_fraction=validation_fraction,
            split_seed=split_seed,
            normalization=normalization,
            limit=limit,
        )
