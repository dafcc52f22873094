"""What losses compare with: class labels, or shares of every class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError
from swatch.nn.arrays import Array, WorkArray


def check_labels(labels: NDArray[Any], samples: int, classes: int) -> NDArray[np.intp]:
    """Return class labels as intp.

    Args:
        labels: whole numbers, shape (samples,).
        samples: how many there must be, at least one.
        classes: each label is in [0, classes).

    Raises:
        UserError: the shape or the type does not fit, or a label is out of range; the message names its row.
    """
    if labels.shape != (samples,) or samples == 0:
        raise UserError(
            f"logits of shape {(samples, classes)} take labels of shape {(samples,)} and at least one, "
            f"found {labels.shape}"
        )
    if labels.dtype != np.intp:
        if not np.issubdtype(labels.dtype, np.integer):
            raise UserError(f"labels must be whole numbers in [0, {classes}), found {labels.dtype}")
        labels = labels.astype(np.intp)
    # Seen as unsigned, a negative label is a huge one: one look finds both.
    if np.maximum.reduce(labels.view(np.uintp)) >= classes:
        row = int(np.argmax(labels.view(np.uintp) >= classes))
        raise UserError(f"labels must be in [0, {classes}), found {labels[row]} in row {row} of the batch")
    return labels


def check_shares(shares: NDArray[Any], samples: int, classes: int) -> None:
    """Check targets that give every class a share, such as one-hot ones or those of mixup.

    Args:
        shares: shape (samples, classes), at least 0, each row adding up to 1.
        samples: how many rows there must be, at least one.
        classes: how many columns.

    Raises:
        UserError: the shape does not fit, or a row is no distribution; the message names it.
    """
    if shares.shape != (samples, classes) or samples == 0:
        raise UserError(
            f"logits of shape {(samples, classes)} take targets of the same shape and at least one row, "
            f"found {shares.shape}"
        )
    sums = np.add.reduce(shares, axis=1)
    wrong = (np.abs(sums - 1) > 1e-3) | (np.minimum.reduce(shares, axis=1) < 0) | ~np.isfinite(sums)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise UserError(f"the targets of row {row} of the batch are no shares that add up to 1")


def check_floats(dtype: np.dtype[Any]) -> None:
    """Check the type of a network's outputs.

    Raises:
        UserError: they are no floating-point numbers.
    """
    if dtype.kind != "f":
        raise UserError(f"the loss takes floating-point numbers from the network, found {dtype}")


class Places:
    """Finds where in an array of shape (classes, n), seen as a vector, each sample's label lies."""

    def __init__(self) -> None:
        self._work = WorkArray((), np.intp)
        self._sample = np.arange(0)

    def __call__(self, labels: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return label · n + sample for every sample, shape (n,); the next call overwrites it."""
        samples = len(labels)
        if samples > len(self._sample):
            self._sample = np.arange(samples)
        places: NDArray[np.intp] = self._work(samples)
        np.multiply(labels, samples, out=places)
        return np.add(places, self._sample[:samples], out=places)

    def write_targets(self, targets: NDArray[Any], out: Array) -> None:
        """Write targets as the share of every class.

        Args:
            targets: labels, shape (n,), or shares, shape (n, classes); both checked.
            out: shape (classes, n), contiguous.
        """
        if targets.ndim == 2:
            np.copyto(out, targets.T)
            return
        out.fill(0)
        out.reshape(-1)[self(targets)] = 1
