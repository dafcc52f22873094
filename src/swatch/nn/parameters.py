"""The trainable numbers of a network: two flat vectors, and views of them for every layer."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from swatch.nn.arrays import Array, aligned_zeros

WEIGHT, BIAS = "weight", "bias"
# Of normalising layers: what the normalised numbers are multiplied by, and what is added. Roles of their own
# keep them out of weight decay and the like, which are for weights (or, if asked for, biases).
SCALE, SHIFT = "scale", "shift"

_VIEWS = ("view", "gradient")


class Segment:
    """One layer's weights or biases, say: a part of the flat vectors, seen in its own shape.

    Attributes:
        layer: name of the layer, such as ``linear1``.
        role: ``weight``, ``bias``, ``scale`` or ``shift``; weight decay and the like ask for it.
        shape: shape of the views.
        slice: the part of the flat vectors.
    """

    def __init__(self, owner: Parameters, layer: str, role: str, shape: tuple[int, ...]) -> None:
        self._owner = owner
        self.layer = layer
        self.role = role
        self.shape = shape
        self.slice = slice(0, 0)

    @property
    def name(self) -> str:
        """``<layer>/<role>``, unique in a network."""
        return f"{self.layer}/{self.role}"

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    # Found again after a copy, when the owner has new vectors: a copied view would be an array of its own.
    @cached_property
    def view(self) -> Array:
        """The values in their own shape; writing to it writes to ``Parameters.values``."""
        return self._owner.values[self.slice].reshape(self.shape)

    @cached_property
    def gradient(self) -> Array:
        """The gradients in the same shape; layers write them with ``out=``."""
        return self._owner.gradients[self.slice].reshape(self.shape)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the views out of copies."""
        return {key: value for key, value in self.__dict__.items() if key not in _VIEWS}

    def __repr__(self) -> str:
        return f"Segment({self.name}, {self.shape})"


class Parameters:
    """All values and gradients of a network.

    Optimizers work on the flat vectors in a few long operations; layers work on views of them. The
    weights of all layers come first, then all else, so that what concerns weights alone is one slice.
    Copies and pickles have vectors of their own, and every layer copied along with them sees those.

    Args:
        dtype: float32 in training, float64 in gradient checks.

    Attributes:
        values: shape (size,), contiguous, aligned to 64 bytes.
        gradients: the same shape.
        segments: the parts, in the order in which they lie.
    """

    def __init__(self, dtype: DTypeLike = np.float32) -> None:
        self.dtype = np.dtype(dtype)
        self.segments: list[Segment] = []
        self.values: Array = aligned_zeros(0, self.dtype)
        self.gradients: Array = aligned_zeros(0, self.dtype)

    @property
    def size(self) -> int:
        """Number of trainable values."""
        return self.values.size

    def add(self, layer: str, role: str, shape: tuple[int, ...]) -> Segment:
        """Announce a segment; its views exist after ``allocate``.

        Raises:
            ValueError: the layer has such a segment already.
        """
        segment = Segment(self, layer, role, shape)
        if any(other.name == segment.name for other in self.segments):
            raise ValueError(f"there are two segments '{segment.name}'")
        self.segments.append(segment)
        return segment

    def allocate(self) -> None:
        """Make the vectors, of zeros, for the announced segments."""
        self.segments.sort(key=lambda segment: segment.role != WEIGHT)
        start = 0
        for segment in self.segments:
            segment.slice = slice(start, start + segment.size)
            start += segment.size
        self.values = aligned_zeros(start, self.dtype)
        self.gradients = aligned_zeros(start, self.dtype)

    def spans(self, coefficient: Callable[[Segment], float]) -> list[tuple[slice, float]]:
        """Return the slices in which a coefficient is not zero, neighbours of equal value as one.

        Args:
            coefficient: gives the coefficient of each segment, such as its share of weight decay.
        """
        found: list[tuple[slice, float]] = []
        for segment in self:
            value = coefficient(segment)
            if value == 0 or segment.size == 0:
                continue
            if found and found[-1][1] == value and found[-1][0].stop == segment.slice.start:
                found[-1] = (slice(found[-1][0].start, segment.slice.stop), value)
            else:
                found.append((segment.slice, value))
        return found

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy needs; the vectors are copied, so that no copy shares them."""
        return self.__dict__ | {"values": self.values.copy(), "gradients": self.gradients.copy()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the vectors of a copy into aligned memory."""
        self.__dict__.update(state)
        for name in ("values", "gradients"):
            vector = aligned_zeros(state[name].size, self.dtype)
            np.copyto(vector, state[name])
            setattr(self, name, vector)

    def __copy__(self) -> Parameters:
        """Copy deeply: segments belong to one pair of vectors."""
        return copy.deepcopy(self)
