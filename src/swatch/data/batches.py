"""Cutting images into batches: shuffled, augmented and normalized, with nothing allocated in the step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.data.augmentation import Augmentation
from swatch.data.normalization import Normalization
from swatch.errors import UserError
from swatch.seeding import spawn


class Batches:
    """The batches of one part of a data set.

    The order is a pure function of (seed, epoch); the random numbers of an augmentation are one of
    (seed, epoch, batch). So an epoch can be taken up at any batch, in another process too, and goes on as it
    would have.

    Args:
        images: uint8, shape (n, height, width, channels); may be memory-mapped.
        labels: whole numbers, shape (n,).
        indices: which images belong to this part, shape (m,).
        batch_size: images per batch; the last batch of an epoch holds the rest.
        seed: the run's seed; the order and the augmentation take streams of their own from it.
        normalization: turns bytes into inputs.
        augmentation: changes training images; None for validation.
        shuffle: a new order every epoch; False keeps the order of ``indices``.
        classes: number of classes; needed if the augmentation mixes samples.

    Raises:
        UserError: ``batch_size`` below 1, or larger than the part that is shuffled. Without shuffling, a
            larger one is taken as the whole part, which may be empty: then there are no batches.
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.integer],
        indices: NDArray[np.intp],
        batch_size: int,
        *,
        seed: np.random.SeedSequence | int,
        normalization: Normalization,
        augmentation: Augmentation | None = None,
        shuffle: bool = True,
        classes: int | None = None,
    ) -> None:
        if shuffle and len(indices) == 0:
            raise UserError("there are no images to make batches of; raise data.limit")
        if batch_size < 1:
            raise UserError(f"batch_size must be at least 1, found {batch_size}")
        if shuffle and batch_size > len(indices):
            raise UserError(
                f"batch_size={batch_size} is larger than the data: "
                f"the training part has {len(indices):,} images"
            )
        # take(mode="clip") would silently replace an index out of range.
        is_outside = len(indices) > 0 and (indices.min() < 0 or indices.max() >= len(images))
        if len(images) != len(labels) or is_outside:
            raise ValueError(f"indices and {len(labels)} labels do not fit {len(images)} images")
        self.batch_size = max(min(batch_size, len(indices)), 1)
        self._images = np.asarray(images)
        self._labels = np.asarray(labels, dtype=np.intp)
        self._indices = np.asarray(indices, dtype=np.intp)
        self._normalization = normalization
        self._augmentation = None if augmentation is None or augmentation.identity else augmentation
        self._shuffle = shuffle
        self._order_seed = spawn(seed, "shuffle")
        self._augmentation_seed = spawn(seed, "augmentation")
        shape = (self.batch_size, *images.shape[1:])
        self._bytes = np.empty(shape, np.uint8)
        self._inputs = np.empty(shape, np.float32)
        self._batch_labels = np.empty(self.batch_size, np.intp)
        self._shares: NDArray[np.float32] | None = None
        if self._augmentation is not None and self._augmentation.mixes:
            if classes is None:
                raise ValueError("an augmentation that mixes samples needs the number of classes")
            self._shares = np.empty((self.batch_size, classes), np.float32)

    def __len__(self) -> int:
        """Return the number of batches in an epoch, the smaller last one included."""
        return -(-self.samples // self.batch_size)

    @property
    def samples(self) -> int:
        """Number of images in an epoch."""
        return len(self._indices)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[NDArray[np.float32], NDArray[Any]]]:
        """Yield the batches of one epoch from batch ``start`` on.

        Yields:
            Inputs, float32, shape (k, height, width, channels), and labels, intp, shape (k,), or, if the
            augmentation mixes samples, the share of every class, float32, shape (k, classes): buffers that
            the next batch overwrites. Only one epoch of a ``Batches`` can be under way at a time.
        """
        if start < 0:
            raise ValueError(f"an epoch cannot start at batch {start}")
        order = self.order(epoch)
        for batch in range(start, len(self)):
            rows = order[batch * self.batch_size : (batch + 1) * self.batch_size]
            images, inputs, labels = self._bytes, self._inputs, self._batch_labels
            if len(rows) < self.batch_size:
                images, inputs, labels = images[: len(rows)], inputs[: len(rows)], labels[: len(rows)]
            self._images.take(rows, axis=0, out=images, mode="clip")
            self._labels.take(rows, out=labels, mode="clip")
            if self._augmentation is None:
                yield self._normalization.apply(images, inputs), labels
                continue
            rng = _generator(self._augmentation_seed, epoch, batch)
            images = self._augmentation.apply(images, rng)
            self._normalization.apply(images, inputs)
            if self._shares is None:
                yield inputs, labels
                continue
            shares = self._shares[: len(rows)]
            shares.fill(0)
            shares[np.arange(len(rows)), labels] = 1
            self._augmentation.mix(inputs, shares, rng)
            yield inputs, shares

    def order(self, epoch: int) -> NDArray[np.intp]:
        """Return the indices in the order of one epoch, shape (samples,)."""
        if not self._shuffle:
            return self._indices
        return _generator(self._order_seed, epoch).permutation(self._indices)


def _generator(seed: np.random.SeedSequence, *keys: int) -> np.random.Generator:
    child = np.random.SeedSequence(
        entropy=seed.entropy, spawn_key=(*seed.spawn_key, *keys), pool_size=seed.pool_size
    )
    return np.random.Generator(np.random.PCG64(child))
