"""What every loss is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from swatch.nn.arrays import Array


class Loss(ABC):
    """The mean loss of a batch and its gradient.

    Attributes:
        expects: what the network has to put out: ``logits`` (before the softmax).
    """

    expects: ClassVar[str] = "logits"

    @abstractmethod
    def forward(self, logits: Array, labels: NDArray[np.intp]) -> float:
        """Return the mean loss over the batch.

        Args:
            logits: the network's output, shape (n, classes); it is not changed.
            labels: the true classes, shape (n,), each in [0, classes).

        Raises:
            UserError: the shapes do not fit, or a label is out of range.
        """

    @abstractmethod
    def backward(self) -> Array:
        """Return d(mean loss)/d(logits) of the last ``forward``, shape (n, classes), a work array."""

    @property
    @abstractmethod
    def probabilities(self) -> Array:
        """The predicted probabilities of the last ``forward``, shape (n, classes), a work array."""
