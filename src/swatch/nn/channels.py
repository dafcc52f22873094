"""Sums over, and arithmetic with, one number per channel, where channels are the last axis."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import DTypeLike

from swatch.nn.arrays import Array, FixedArray, WorkArray
from swatch.nn.module import Shape

# NumPy pays for every row of a broadcast, and channels alone are short rows: neighbouring positions are
# joined to rows of up to this length.
LONGEST_ROW = 8192
# Elements of a block that stays in the second-level cache through several operations.
BLOCK = 65_536


class Channels:
    """Batches of one shape, (n, ..., channels), seen as long rows of many positions each.

    Args:
        shape: of one sample, (..., channels).
        dtype: type of the elements.

    Attributes:
        length: elements of a row.
    """

    def __init__(self, shape: Shape, dtype: DTypeLike) -> None:
        self._count = shape[-1]
        self._positions = 1
        for size in reversed(shape[:-1]):
            if self._positions > 1 and self._positions * size * self._count > LONGEST_ROW:
                break
            self._positions *= size
        self.length = self._positions * self._count
        self._ones = WorkArray((), dtype, fill=1)
        self._part = FixedArray((self.length,), dtype)

    def rows(self, batch: Array) -> Array:
        """Return a batch as (rows, length)."""
        return batch if self._positions == 1 and batch.ndim == 2 else batch.reshape(-1, self.length)

    def blocks(self, rows: int) -> Iterator[slice]:
        """Return slices of so many rows; the elements of each fit the cache."""
        return (slice(start, start + self.block) for start in range(0, rows, self.block))

    @property
    def block(self) -> int:
        """Rows of a block."""
        return max(1, BLOCK // self.length)

    def samples(self, rows: int) -> int:
        """Return of how many numbers each channel has in so many rows."""
        return rows * self._positions

    def spread(self, vector: Array, row: Array) -> None:
        """Write one number per channel, (channels,), to every position of a row, (length,)."""
        np.copyto(row.reshape(self._positions, self._count), vector)

    def add_up(self, rows: Array, total: Array) -> None:
        """Add the sum of ``rows``, (rows, length), to ``total``, (length,).

        The sum is the product with a vector of ones, which BLAS does faster than a reduction.
        """
        part = self._part()
        np.matmul(self._ones(len(rows)), rows, out=part)
        np.add(total, part, out=total)

    def fold(self, row: Array, out: Array) -> None:
        """Write the sum of each channel in a row, (length,), to ``out``, (channels,)."""
        np.add.reduce(row.reshape(self._positions, self._count), axis=0, out=out)
