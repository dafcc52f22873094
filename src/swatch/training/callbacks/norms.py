"""Records how large the weights and the gradients of every layer are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from swatch.training.callbacks.base import Callback

if TYPE_CHECKING:
    from swatch.tracking import Record
    from swatch.training.trainer import Trainer


class Norms(Callback):
    """Adds ``norm/weight/<layer>`` and ``norm/gradient/<layer>`` to the record of every epoch.

    Euclidean norms over all trainable values of a layer, biases too; the gradient is that of the epoch's last
    training batch. The first of the callbacks, so that the others see a complete record. A norm that is not
    finite is left out: the loss of the next step tells of it.
    """

    def on_epoch_end(self, trainer: Trainer, record: Record) -> None:
        """Measure the network as the epoch left it."""
        squares: dict[str, float] = {}
        for segment in trainer.network.parameters.segments:
            for kind, values in (("weight", segment.view), ("gradient", segment.gradient)):
                name = f"norm/{kind}/{segment.layer}"
                squares[name] = squares.get(name, 0.0) + _squared(values)
        record |= {name: math.sqrt(value) for name, value in squares.items() if math.isfinite(value)}


def _squared(values: NDArray[np.floating]) -> float:
    """Return the sum of the squares, which float32 could not hold for a network about to diverge."""
    return float(np.square(values, dtype=np.float64).sum())
