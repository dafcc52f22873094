"""Turning bytes into float32 inputs: ``x = byte * scale + offset``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.errors import UserError, did_you_mean

KINDS = ("unit", "centred", "standardized")
_BLOCK = 1024


@dataclass(frozen=True)
class Normalization:
    """An affine map from bytes to inputs; its two constants are all there is to store.

    Attributes:
        kind: "unit" maps to [0, 1], "centred" to [-1, 1], "standardized" to mean 0 and variance 1 over the
            pixels of the images that it was fitted to (Y. LeCun et al., "Efficient BackProp", 1998, 4.3).
        scale: input units per byte step.
        offset: the input that byte 0 becomes.
    """

    kind: str
    scale: float
    offset: float

    def apply(self, images: NDArray[np.uint8], out: NDArray[np.float32]) -> NDArray[np.float32]:
        """Write the normalized ``images`` into ``out`` (same shape), which is returned; allocates nothing."""
        # Converted by a copy of its own: a multiplication that converts too would allocate a buffer for that.
        np.copyto(out, images)
        np.multiply(out, np.float32(self.scale), out=out)
        if self.offset:
            np.add(out, np.float32(self.offset), out=out)
        return out


def fit(kind: str, images: NDArray[np.uint8], indices: NDArray[np.intp]) -> Normalization:
    """Return the normalization ``kind``; its constants come from ``images[indices]`` alone.

    Args:
        kind: one of ``KINDS``.
        images: shape (n, ...).
        indices: the training part, shape (m,); only "standardized" looks at it.

    Raises:
        UserError: an unknown ``kind``.
    """
    check_kind(kind)
    if kind == "unit":
        return Normalization(kind, 1 / 255, 0.0)
    if kind == "centred":
        return Normalization(kind, 2 / 255, -1.0)
    mean, deviation = pixel_statistics(images, indices)
    # One colour everywhere has no spread to divide by; it becomes 0.
    scale = 1 / deviation if deviation > 0 else 1.0
    return Normalization(kind, scale, -mean * scale)


def check_kind(kind: Any) -> None:
    """Raise UserError unless ``kind`` is one of ``KINDS``."""
    if kind not in KINDS:
        raise UserError(
            f"normalization must be one of {', '.join(KINDS)}, not '{kind}'.{did_you_mean(str(kind), KINDS)}"
        )


def pixel_statistics(images: NDArray[np.uint8], indices: NDArray[np.intp]) -> tuple[float, float]:
    """Return mean and standard deviation of all pixels of ``images[indices]``, in bytes.

    Sums of bytes and of their squares are whole numbers below 2**53, so that float64 holds them exactly: the
    constants do not depend on the machine or the order.
    """
    pixels = np.asarray(images).reshape(len(images), -1)
    block = np.empty((min(_BLOCK, len(indices)), pixels.shape[1]), np.uint8)
    values = np.empty(block.shape, np.float32)
    total = squares = 0.0
    for start in range(0, len(indices), _BLOCK):
        rows = indices[start : start + _BLOCK]
        current = values[: len(rows)]
        current[:] = pixels.take(rows, axis=0, out=block[: len(rows)], mode="clip")
        total += float(current.sum(dtype=np.float64))
        np.multiply(current, current, out=current)
        squares += float(current.sum(dtype=np.float64))
    count = len(indices) * pixels.shape[1]
    mean = total / count
    return mean, math.sqrt(max(squares / count - mean * mean, 0.0))
