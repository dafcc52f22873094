"""Memory that is made once and used again, batch after batch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Buffer:
    """Gives arrays of any shape out of one piece of memory, which grows to the largest asked for.

    Args:
        dtype: of the elements.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self._memory: NDArray[Any] = np.empty(0, dtype)

    def __call__(self, *shape: int) -> NDArray[Any]:
        """Return an array with undefined content; the next call gives the same memory again."""
        size = math.prod(shape)
        if size > self._memory.size:
            self._memory = np.empty(size, self._memory.dtype)
        return self._memory[:size].reshape(shape)
