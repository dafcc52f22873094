"""From images to vectors."""

from __future__ import annotations

import math
from typing import Any

from swatch.nn.arrays import Array, keep
from swatch.nn.builder import Builder
from swatch.nn.module import Module, Shape


class Flatten(Module):
    """Every sample as one vector, its elements in C order; nothing is copied.

    What it returns for the last array of each size is kept: where the same array comes in the next step, the
    layers around it meet the same array, too, and need not look at it anew.
    """

    def setup(self, builder: Builder) -> Shape:
        """Return the length of the vector."""
        self._kept: dict[tuple[int, ...], tuple[Array, Array]] = {}
        return (math.prod(self.input_shape),)

    def puts_out(self, comes_in: str) -> str:
        """Return what comes in."""
        return comes_in

    def forward(self, x: Array, training: bool) -> Array:
        """Return x as (n, features)."""
        return self._reshape(x, self.output_shape)

    def backward(self, grad_output: Array, input_gradient: bool = True) -> Array | None:
        """Return the gradient in the shape of the input."""
        return self._reshape(grad_output, self.input_shape)

    def _reshape(self, batch: Array, shape: Shape) -> Array:
        whole = (len(batch), *shape)
        kept = self._kept.get(whole)
        if kept is None or kept[0] is not batch:
            kept = keep(self._kept, whole, (batch, batch.reshape(whole)))
        return kept[1]

    def __getstate__(self) -> dict[str, Any]:
        """Leave the views out of copies: a copied view would be an array of its own."""
        return self.__dict__ | {"_kept": {}}
