"""The quadratic cost."""

from __future__ import annotations

from swatch.nn.losses.squared_distance import SquaredDistance


class QuadraticCost(SquaredDistance):
    """C = Σ_n ‖y_n - a_n‖² / (2 n), with one-hot targets y and the activations a of the output layer.

    Nielsen, "Neural Networks and Deep Learning" (2015), eq. 6.

    Args:
        output: the activation of the output layer: ``sigmoid`` or ``softmax``; ``identity`` for a network
            that ends in one itself.

    Raises:
        UserError: there is no such output.
    """

    def __init__(self, output: str = "sigmoid") -> None:
        super().__init__(output)

    def factor(self, samples: int, classes: int) -> float:
        """Return 1 / (2 n)."""
        return 1 / (2 * samples)
