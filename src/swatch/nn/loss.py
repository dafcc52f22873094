"""What every loss is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import NDArray

from swatch.nn.arrays import Array


class Loss(ABC):
    """The mean loss of a batch and its gradient.

    Attributes:
        expects: what the network has to put out: ``logits``, whose softmax or the like is part of the loss,
            or ``probabilities``.
        output: what makes probabilities of the network's output: see ``swatch.nn.outputs``.
    """

    expects: str = "logits"
    output: str = "softmax"

    @abstractmethod
    def forward(self, logits: Array, labels: NDArray[Any]) -> float:
        """Return the mean loss over the batch.

        Args:
            logits: the network's output, shape (n, classes); it is not changed.
            labels: the true classes, shape (n,), each in [0, classes); or the share of every class, shape
                (n, classes), each row adding up to 1.

        Raises:
            UserError: the shapes do not fit, a label is out of range, or shares do not add up to 1.
        """

    @abstractmethod
    def backward(self) -> Array:
        """Return d(mean loss)/d(logits) of the last ``forward``, shape (n, classes), a work array."""
