"""Maximum pooling."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.nn.arrays import Array, WorkArray
from swatch.nn.builder import Builder
from swatch.nn.module import Shape
from swatch.nn.pooling import Pool2d, Stage


class MaxPool2d(Pool2d):
    """y = the largest x of each window; dL/dx = dL/dy at the place of the largest, else 0.

    Where several are the largest, the first of them counts, row by row from the top left: the stage along the
    rows finds the leftmost of each row, the one along the columns the topmost of those.

    Args:
        kernel_size: of a window: one number, or height and width.
        stride: distance of the windows: one number, or vertical and horizontal; None puts them side by side.
            What is left of an image that no further window fits into is not used.

    Raises:
        UserError: a value is below 1.
    """

    def setup(self, builder: Builder) -> Shape:
        """Make the work arrays."""
        shape = super().setup(builder)
        self._is_largest = WorkArray(self._between.shape, np.bool_)
        if self._rows.overlaps or self._columns.overlaps:
            self._share = WorkArray(self._between.shape, builder.dtype)
        return shape

    def pool(self, stage: Stage, x: Array, out: Array) -> None:
        """Write the largest of each window."""
        first, *others = stage.places(x)
        if not others:
            np.copyto(out, first)
        for other in others:
            np.maximum(first, other, out=out)
            first = out

    def unpool(self, stage: Stage, x: Array, y: Array, grad: Array, out: Array) -> None:
        """Hand the gradient of each window to the first place that equals its largest."""
        if stage.overlaps or stage.has_gaps:
            out.fill(0)
        is_largest = _part(self._is_largest, y)
        *targets, last = stage.places(out)
        for place, target in zip(stage.places(x), targets, strict=False):
            np.equal(place, y, out=is_largest)
            # What a place gets is taken off: nothing is left for a later one that is as large.
            if stage.overlaps:
                share = np.multiply(grad, is_largest, out=_part(self._share, y))
                np.add(target, share, out=target)
                np.subtract(grad, share, out=grad)
            else:
                np.multiply(grad, is_largest, out=target)
                np.subtract(grad, target, out=grad)
        if stage.overlaps:
            np.add(last, grad, out=last)
        else:
            np.copyto(last, grad)


def _part(work: WorkArray, like: Array) -> NDArray[Any]:
    """Return the beginning of a work array in the shape of ``like``."""
    return work(len(like)).reshape(-1)[: like.size].reshape(like.shape)
