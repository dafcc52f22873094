"""Products of many matrices with one, whose columns are copied into stripes that suit the matrix library."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from swatch.nn.arrays import Array, aligned_zeros, keep
from swatch.nn.products import LARGEST_TILE, MOST_MULTIPLY_ADDS, has_small_kernels

# Columns of a stripe: measured, the kernels for small matrices are fastest with 64, and with 32.
WIDE, NARROW = 64, 32
# Columns, and lengths, up to which the copies are not worth their time.
FEW_COLUMNS, SHORT = 16, 31
# Results whose views are kept: those of the blocks of a few batches.
MOST_RESULTS = 256


class Stripe(NamedTuple):
    """Columns of the result that are computed together."""

    columns: slice
    """Which ones."""
    width: int
    """How many are computed: columns of zeros fill up what is narrower than the kernels."""

    @property
    def taken(self) -> int:
        """How many columns of the result that is."""
        return int(self.columns.stop - self.columns.start)


def choose_stripes(length: int, columns: int, *, transposed: bool) -> list[Stripe]:
    """Return the stripes for products of (rows, length) with (length, columns); none: all at once.

    The choice depends on the shapes and on the processor alone, so that results repeat bit by bit.

    Args:
        length, columns: of the product.
        transposed: whether the left factor lies transposed in memory.
    """
    if not has_small_kernels() or columns <= FEW_COLUMNS or length <= SHORT:
        return []
    stripes: list[Stripe] = []
    first = 0
    while first < columns:
        left = columns - first
        if left >= WIDE and choose_height(WIDE, length, transposed=transposed):
            width = WIDE
        elif NARROW < left <= NARROW + FEW_COLUMNS:
            width = left
        else:
            width = NARROW
        if not choose_height(width, length, transposed=transposed):
            return []
        stripes.append(Stripe(slice(first, min(first + width, columns)), width))
        first += width
    return stripes


def choose_height(width: int, length: int, rows: int = LARGEST_TILE, *, transposed: bool) -> int:
    """Return how many rows of a stripe to compute at a time; 0: there are too few, or the tile is too large.

    Measured: rows in twenty-fours are fastest, for wide stripes that are not transposed rows in eights.
    """
    unit = 8 if width == WIDE and not transposed else 24
    return min(MOST_MULTIPLY_ADDS // (length * width), LARGEST_TILE // width, rows) // unit * unit


class StripedProduct:
    """out = a b for every a after ``take(b)``, with a transposed if told so.

    A stripe of b that lies by itself in memory is multiplied faster than one between others. That is worth
    the copies where a has many rows, or b meets many of them. On processors whose kernels gain nothing by it,
    products are made at once.

    Args:
        dtype: type of the elements.
        transposed: a is handed over as (length, rows).
    """

    _right: Array
    _stripes: list[Stripe]
    _matrices: list[Array]

    def __init__(self, dtype: DTypeLike, *, transposed: bool = False) -> None:
        self._dtype, self._transposed = np.dtype(dtype), transposed
        self._memory: dict[tuple[int, ...], tuple[list[Stripe], list[Array]]] = {}
        self._plans: dict[tuple[int, ...], _Plan] = {}

    def take(self, b: Array) -> None:
        """Let b, of shape (length, columns), be the right factor of the calls that follow."""
        kept = self._memory.get(b.shape)
        if kept is None:
            kept = keep(self._memory, b.shape, self._make_memory(*b.shape))
        stripes, matrices = kept
        for stripe, matrix in zip(stripes, matrices, strict=False):
            np.copyto(matrix[:, : stripe.taken], b[:, stripe.columns])
        self._right, self._stripes, self._matrices = b, stripes, matrices or [b]

    def __call__(self, a: Array, out: Array) -> Array:
        """Write the product to ``out``, of shape (rows, columns), and return it; all are contiguous."""
        plan = self._plans.get(a.shape)
        if plan is None:
            length = len(self._right)
            plan = _Plan(self._stripes, len(out), length, transposed=self._transposed)
            keep(self._plans, a.shape, plan)
        return plan.multiply(a, self._right, self._matrices, out)

    def _make_memory(self, length: int, columns: int) -> tuple[list[Stripe], list[Array]]:
        """Return the stripes, and a matrix for each of them; none where b itself is one of full width."""
        stripes = choose_stripes(length, columns, transposed=self._transposed)
        if len(stripes) == 1 and stripes[0].width == columns:
            return stripes, []
        sizes = [(length, stripe.width) for stripe in stripes]
        return stripes, [aligned_zeros(math.prod(size), self._dtype).reshape(size) for size in sizes]

    def __getstate__(self) -> dict[str, Any]:
        """Leave memory and views out of copies: a copied view would be an array of its own."""
        kept = {name: value for name, value in self.__dict__.items() if name not in _OF_A_STEP}
        return kept | {"_memory": {}, "_plans": {}}


_OF_A_STEP = ("_right", "_stripes", "_matrices")


class _Target(NamedTuple):
    """Where the tiles of a stripe go."""

    tiles: list[Array]
    """Those of full height, (count, height, width), and what is left over."""
    computed: Array
    """The columns without those that fill up."""
    result: Array
    """Where they belong."""


class _Plan:
    """Products with left factors of one shape; the views of the arrays it was called with are kept."""

    _a: Array | None = None
    _filled_up: Array | None = None

    def __init__(self, stripes: list[Stripe], rows: int, length: int, *, transposed: bool) -> None:
        self._stripes, self._transposed = stripes, transposed
        self._heights = [choose_height(s.width, length, rows, transposed=transposed) for s in stripes]
        self._lefts: list[list[Array]] = []
        self._targets: dict[int, tuple[Array, list[_Target]]] = {}

    def multiply(self, a: Array, b: Array, matrices: list[Array], out: Array) -> Array:
        """Write the product to ``out``; ``matrices`` are the stripes of b."""
        if not self._stripes or 0 in self._heights:
            return np.dot(a.T if self._transposed else a, b, out=out)
        if a is not self._a:
            left = a.T if self._transposed else a
            tiles = {height: _tiles(left, height) for height in self._heights}
            self._a, self._lefts = a, [tiles[height] for height in self._heights]
        kept = self._targets.get(id(out))
        if kept is None or kept[0] is not out:
            kept = self._targets[id(out)] = (
                out,
                [self._target(out, number) for number in range(len(matrices))],
            )
            if len(self._targets) > MOST_RESULTS:
                del self._targets[next(iter(self._targets))]
        for lefts, matrix, target in zip(self._lefts, matrices, kept[1], strict=True):
            for left, tile in zip(lefts, target.tiles, strict=True):
                np.matmul(left, matrix, out=tile)
            if target.computed is not target.result:
                np.copyto(target.result, target.computed)
        return out

    def _target(self, out: Array, number: int) -> _Target:
        stripe, height = self._stripes[number], self._heights[number]
        result = out[:, stripe.columns]
        if stripe.taken == stripe.width:
            return _Target(_tiles(result, height), result, result)
        if self._filled_up is None:
            self._filled_up = np.empty((len(out), stripe.width), out.dtype)
        return _Target(_tiles(self._filled_up, height), self._filled_up[:, : stripe.taken], result)


def _tiles(matrix: Array, height: int) -> list[Array]:
    """Return the rows as a stack (count, height, columns), and what is left over as one more matrix."""
    rows, columns = matrix.shape
    full = rows - rows % height
    stack = matrix[:full].reshape(-1, height, columns)
    return [stack] if full == rows else [stack, matrix[full:]]
