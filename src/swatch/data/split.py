"""Seeded, stratified choice of a training and a validation part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.seeding import spawn


def stratified_split(
    labels: NDArray[np.uint8], validation_fraction: float, seed: int, limit: int | None = None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Choose a training and a validation part with the classes' proportions of the whole.

    The whole set is split first; a ``limit`` then takes some of each part. So what was tried on a few images
    never trained on an image that validates a larger run.

    Args:
        labels: shape (n,).
        validation_fraction: share of the chosen images that go to the validation part, in [0, 1).
        seed: decides the order.
        limit: number of images in both parts together; None for all.

    Returns:
        Sorted indices into ``labels``: (training part, validation part), disjoint; the validation part is
        empty for a fraction of 0, else neither is.

    Raises:
        UserError: a fraction or a limit out of range, or a part that would be empty.
    """
    check_split(validation_fraction, seed, limit)
    total = len(labels)
    if limit is not None and limit > total:
        raise UserError(f"limit={limit} is larger than the training set's {total:,} images")
    # A stable sort groups the classes; the order within each is random and depends on the seed alone.
    shuffled = np.random.default_rng(spawn(seed, "split")).permutation(total)
    shuffled = shuffled[np.argsort(labels[shuffled], kind="stable")]
    classes = np.split(shuffled, np.cumsum(np.bincount(labels))[:-1])

    held_out = apportion([len(members) for members in classes], _validation_size(total, validation_fraction))
    validation = [members[:size] for members, size in zip(classes, held_out, strict=True)]
    training = [members[size:] for members, size in zip(classes, held_out, strict=True)]
    if limit is not None:
        size = _validation_size(limit, validation_fraction)
        validation = _take(validation, size) if size else validation
        training = _take(training, limit - size)
    return np.sort(np.concatenate(training)), np.sort(np.concatenate(validation))


def check_split(validation_fraction: float, split_seed: int, limit: int | None) -> None:
    """Raise UserError unless a split can be made of these."""
    if not 0 <= validation_fraction < 1:
        raise UserError(
            f"validation_fraction must lie between 0 (no validation) and 1, found {validation_fraction}"
        )
    if split_seed < 0:
        raise UserError(f"split_seed must not be negative, found {split_seed}")
    if limit is not None and limit < 2:
        raise UserError(
            f"limit must be null or at least 2 (one image to train, one to validate), found {limit}"
        )


def _validation_size(total: int, fraction: float) -> int:
    return min(max(round(total * fraction), 1), total - 1) if fraction > 0 else 0


def _take(classes: list[NDArray[np.intp]], size: int) -> list[NDArray[np.intp]]:
    sizes = apportion([len(members) for members in classes], size)
    return [members[:count] for members, count in zip(classes, sizes, strict=True)]


def apportion(counts: Sequence[int], total: int) -> NDArray[np.intp]:
    """Divide ``total`` in proportion to ``counts`` by largest remainders; none gets more than its count.

    Args:
        counts: not negative, shape (classes,).
        total: between 0 and their sum, which is not 0.
    """
    whole = sum(counts)
    shares = np.asarray(counts, np.int64) * total
    result = shares // whole
    rest = total - int(result.sum())
    largest = np.argsort(-(shares % whole), kind="stable")[:rest]
    result[largest] += 1
    return result.astype(np.intp)
