"""Matrix products in tiles, where the matrix library is faster with small ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from swatch.nn.arrays import Array, keep
from swatch.threads import matrix_kernels

# For these kernels OpenBLAS multiplies small matrices as they lie in memory. It copies larger ones into its
# own order first, which takes a fifth of the time of a product as small as a layer's. Its limits for that
# (kernel/x86_64/sgemm_small_kernel_permit_skylakex.c, the matrices being the other way around there):
TILED_KERNELS = ("SkylakeX", "Cooperlake", "SapphireRapids")
MOST_MULTIPLY_ADDS = 1_000_000
MOST_TRANSPOSED_RESULTS, LEAST_TRANSPOSED_LENGTH = 1200, 32
# Elements of the right factor or the result from which on the copies are worth their time: tiles would fetch
# their parts from far away again and again.
LARGEST_MATRIX = 524_288
# Columns below which, and elements of a tile above which, tiles gain nothing.
NARROWEST, LARGEST_TILE = 16, 2560


def has_small_kernels() -> bool:
    """Return whether NumPy's matrix library has kernels for small matrices on this processor."""
    return matrix_kernels() in TILED_KERNELS


class Tile(NamedTuple):
    """Rows and columns of the result that are computed at a time."""

    rows: int
    columns: int


def choose_tile(rows: int, length: int, columns: int, *, left: bool, right: bool) -> Tile | None:
    """Return the tile for a product of (rows, length) with (length, columns), or None for all of it at once.

    The choice depends on the shapes and on the processor alone, so that results repeat bit by bit.

    Args:
        rows, length, columns: of the product.
        left, right: whether the factor lies transposed in memory.
    """
    if not has_small_kernels() or max(length, rows) * columns > LARGEST_MATRIX:
        return None
    results = MOST_MULTIPLY_ADDS // length
    if right:
        if left or length < LEAST_TRANSPOSED_LENGTH:
            return None
        results = min(results, MOST_TRANSPOSED_RESULTS)
    if rows * columns <= results or columns < NARROWEST:
        return None
    # Measured: the kernels compute so many columns at a time, and rows in eights, or else in twenty-fours.
    widest = 32 if left and columns > 48 else 64
    width = min(columns, widest)
    unit = 8 if width in (32, 64) else 24
    height = min(results // width, LARGEST_TILE // width, rows) // unit * unit
    return Tile(height, width) if height else None


class Product:
    """out = a b, with a or b transposed if told so; the views of all tiles are kept for the next call.

    Args:
        transposed_left: a is handed over as (length, rows).
        transposed_right: b is handed over as (columns, length).
    """

    def __init__(self, *, transposed_left: bool = False, transposed_right: bool = False) -> None:
        self._left, self._right = transposed_left, transposed_right
        self._plans: dict[int, _Plan] = {}

    def __call__(self, a: Array, b: Array, out: Array) -> Array:
        """Write the product to ``out``, of shape (rows, columns), and return it; all three are contiguous."""
        plan = self._plans.get(len(a))
        if plan is None:
            plan = keep(self._plans, len(a), _Plan(self._left, self._right))
        return plan.multiply(a, b, out)

    def __getstate__(self) -> dict[str, object]:
        """Leave the views out of copies: a copied view would be an array of its own."""
        return self.__dict__ | {"_plans": {}}


class _Plan:
    """A product of one shape, with the tiles of the arrays that it was last called with."""

    _a: Array | None = None
    _b: Array | None = None
    _out: Array | None = None
    _lefts: list[Array]
    _rights: list[Array]
    _outs: list[Array]

    def __init__(self, left: bool, right: bool) -> None:
        self._left, self._right = left, right

    def multiply(self, a: Array, b: Array, out: Array) -> Array:
        """Write the product to ``out``; only tiles of new arrays are cut."""
        if out is not self._out or b is not self._b or a is not self._a:
            self._cut(a, b, out)
        if self._tile is None:
            return np.dot(self._lefts[0], self._rights[0], out=out)
        outs = iter(self._outs)
        for left in self._lefts:
            for right in self._rights:
                np.matmul(left, right, out=next(outs))
        return out

    def _cut(self, a: Array, b: Array, out: Array) -> None:
        rows, columns = out.shape
        if self._out is None:
            length = len(a) if self._left else a.shape[1]
            self._tile = choose_tile(rows, length, columns, left=self._left, right=self._right)
        tile = self._tile
        if a is not self._a:
            left = a.T if self._left else a
            self._lefts = [left] if tile is None else _stripes(left, tile.rows)
        if b is not self._b:
            right = b.T if self._right else b
            self._rights = [right] if tile is None else _columns(right, tile.columns)
        if out is not self._out and tile is not None:
            self._outs = [
                part for stripe in _stripes(out, tile.rows) for part in _columns(stripe, tile.columns)
            ]
        self._a, self._b, self._out = a, b, out


def _stripes(matrix: Array, height: int) -> list[Array]:
    """Return the rows as stacks (count, 1, height, columns): first all of full height, then the rest."""
    rows, columns = matrix.shape
    full = rows - rows % height
    stacks = [matrix[:full].reshape(-1, 1, height, columns)] if full else []
    return stacks if full == rows else [*stacks, matrix[full:].reshape(1, 1, rows - full, columns)]


def _columns(matrix: Array, width: int) -> list[Array]:
    """Return the columns of a matrix, or of the stacks of ``_stripes``, as a second axis in front of rows."""
    if matrix.ndim == 2:
        matrix = matrix[None, None]
    count, _, rows, columns = matrix.shape
    full = columns - columns % width
    main = matrix[..., :full].reshape(count, rows, -1, width).transpose(0, 2, 1, 3)
    return [main] if full == columns else [main, matrix[..., full:]]
