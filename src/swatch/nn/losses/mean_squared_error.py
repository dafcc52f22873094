"""The mean squared error."""

from __future__ import annotations

from swatch.nn.losses.squared_distance import SquaredDistance


class MeanSquaredError(SquaredDistance):
    """L = Σ_nc (p_nc - t_nc)² / (n K), the mean over n samples and K classes (Brier, 1950, divided by K).

    Args:
        output: what makes probabilities p of the network's output: ``softmax`` or ``sigmoid``; ``identity``
            for a network that puts out probabilities itself.

    Raises:
        UserError: there is no such output.
    """

    def factor(self, samples: int, classes: int) -> float:
        """Return 1 / (n K)."""
        return 1 / (samples * classes)
