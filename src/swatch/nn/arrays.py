"""Arrays that are made once and used again: aligned vectors and work arrays."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

# Values and gradients: float32 in training, float64 in gradient checks.
Array = NDArray[np.floating[Any]]

# Bytes of a cache line, and of the widest vector register.
ALIGNMENT = 64

# Sizes of batches whose views are kept: a training has a few, that of its steps, of its evaluations, and of
# what is left over at the end of an epoch.
MOST_SIZES = 8

Key = TypeVar("Key")
Value = TypeVar("Value")


def keep(kept: dict[Key, Value], key: Key, value: Value) -> Value:
    """Keep a value for the next step, and return it; the oldest goes, so that few arrays are held on to."""
    kept[key] = value
    if len(kept) > MOST_SIZES:
        del kept[next(iter(kept))]
    return value


def aligned_zeros(size: int, dtype: DTypeLike) -> Array:
    """Return a vector of zeros, shape (size,), whose first element starts a cache line."""
    itemsize = np.dtype(dtype).itemsize
    memory = np.zeros(size * itemsize + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    vector: Array = memory[start : start + size * itemsize].view(dtype)
    return vector


class WorkArray:
    """Memory for one result of a layer, reused in every step.

    It grows to the largest batch it has met. After that, asking for an array is one look-up: the
    views of each batch size are kept.

    Args:
        shape: shape of one sample.
        dtype: type of the elements.
        fill: value of every element at the start; None leaves them undefined.
        samples_last: shape the array (*shape, n) instead of (n, *shape), which makes sums over
            the classes of many samples contiguous.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: DTypeLike,
        *,
        fill: float | None = None,
        samples_last: bool = False,
    ) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self._fill = fill
        self._samples_last = samples_last
        self._capacity = 0
        self._memory: NDArray[Any] = np.empty(0, self.dtype)
        self._views: dict[int, NDArray[Any]] = {}

    def memory(self, samples: int) -> int:
        """Return the bytes that batches of up to ``samples`` take; zeros, which are only read, take none."""
        return 0 if self._fill == 0 else samples * math.prod(self.shape) * self.dtype.itemsize

    def __call__(self, samples: int) -> NDArray[Any]:
        """Return the array for a batch of ``samples``; it is overwritten when it is asked for again."""
        try:
            return self._views[samples]
        except KeyError:
            return self._add_view(samples)

    def _add_view(self, samples: int) -> NDArray[Any]:
        per_sample = math.prod(self.shape)
        if samples > self._capacity:
            self._capacity = samples
            self._memory = self._allocate(samples * per_sample)
            self._views.clear()
        shape = (*self.shape, samples) if self._samples_last else (samples, *self.shape)
        view = self._memory[: samples * per_sample].reshape(shape)
        self._views[samples] = view
        return view

    def _allocate(self, size: int) -> NDArray[Any]:
        if self._fill is None:
            return np.empty(size, self.dtype)
        # Zeros that are only read cost no memory: the system hands out one page for all of them.
        return np.zeros(size, self.dtype) if self._fill == 0 else np.full(size, self._fill, self.dtype)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the memory out of copies: its content does not outlive a step, and views would not follow."""
        return self.__dict__ | {"_capacity": 0, "_memory": np.empty(0, self.dtype), "_views": {}}


class Part(NamedTuple):
    """A few of the samples of a batch."""

    samples: Array
    """(n, ...)."""
    rows: Array
    """The same as a matrix, (n ..., channels)."""


class Parts:
    """Cuts a batch into parts that are worked on while they are in the cache.

    The parts of the last batch of each size are kept: a layer is given the same array again in the next step,
    and cutting it takes as long as a small product.

    Args:
        samples: in each part; the last one holds the rest.
    """

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self._kept: dict[int, tuple[Array, list[Part]]] = {}

    def __call__(self, batch: Array) -> list[Part]:
        """Return the parts of a batch, of shape (n, ..., channels) and contiguous."""
        kept = self._kept.get(len(batch))
        if kept is None or kept[0] is not batch:
            cuts = (batch[start : start + self.samples] for start in range(0, len(batch), self.samples))
            parts = [Part(cut, cut.reshape(-1, batch.shape[-1])) for cut in cuts]
            kept = keep(self._kept, len(batch), (batch, parts))
        return kept[1]

    def __getstate__(self) -> dict[str, Any]:
        """Leave the parts out of copies: a copied view would be an array of its own."""
        return self.__dict__ | {"_kept": {}}


class FixedArray:
    """Memory of one shape, whatever the batch; it is made when it is first asked for.

    Args:
        shape: of the array.
        dtype: type of the elements.
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self._array: NDArray[Any] | None = None

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    def memory(self, samples: int) -> int:
        """Return the bytes it takes."""
        return self.size * self.dtype.itemsize

    def __call__(self) -> NDArray[Any]:
        """Return the array; its content is what was last written to it, undefined at first."""
        if self._array is None:
            self._array = np.empty(self.shape, self.dtype)
        return self._array

    def __getstate__(self) -> dict[str, Any]:
        """Leave the memory out of copies, as ``WorkArray`` does."""
        return self.__dict__ | {"_array": None}
