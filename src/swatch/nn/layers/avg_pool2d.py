"""Average pooling."""

from __future__ import annotations

import numpy as np

from swatch.nn.arrays import Array
from swatch.nn.pooling import Pool2d, Stage


class AvgPool2d(Pool2d):
    """y = the mean of each window of k places; dL/dx = Σ dL/dy / k over the windows that x is in.

    Args:
        kernel_size: of a window: one number, or height and width.
        stride: distance of the windows: one number, or vertical and horizontal; None puts them side by side.
            What is left of an image that no further window fits into is not used.

    Raises:
        UserError: a value is below 1.
    """

    def pool(self, stage: Stage, x: Array, out: Array) -> None:
        """Write the mean of each window."""
        first, *others = stage.places(x)
        if not others:
            np.copyto(out, first)
            return
        for other in others:
            np.add(first, other, out=out)
            first = out
        np.multiply(out, 1 / stage.window, out=out)

    def unpool(self, stage: Stage, x: Array, y: Array, grad: Array, out: Array) -> None:
        """Hand every place its part of the gradient of each window."""
        if stage.overlaps or stage.has_gaps:
            out.fill(0)
        np.multiply(grad, 1 / stage.window, out=grad)
        for target in stage.places(out):
            if stage.overlaps:
                np.add(target, grad, out=target)
            else:
                np.copyto(target, grad)
