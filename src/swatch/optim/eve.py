"""Eve."""

from __future__ import annotations

from collections.abc import Mapping

from swatch.errors import UserError
from swatch.optim.adam import Adam
from swatch.optim.optimizer import fraction


class Eve(Adam):
    """Adam whose learning rate is divided by d, a running mean of how much the loss changes.

    Hayashi, Koushik and Neubig, "Eve: A Gradient Based Optimization Method with Locally and Globally Adaptive
    Learning Rates" (2018), algorithm 1, with the least loss f* = 0:
    d_t = |f_t - f_{t-1}| / min(f_t, f_{t-1}), kept within [1 / c, c], and d ← β₃ d + (1 - β₃) d_t from the
    second step on; d starts at 1. A loss that jumps about makes smaller steps, one that stalls larger ones.
    ε is added to the root, as in ``Adam``.

    The step's loss comes with its hyperparameters, as ``loss``; without it d stays as it is.

    Args:
        learning_rate: η.
        beta1: β₁, in [0, 1).
        beta2: β₂, in [0, 1).
        beta3: β₃, in [0, 1).
        clip: c, above 1.
        epsilon: ε, above 0.
        weight_decay: decoupled, of weights alone unless the next two say otherwise.
        decay_biases: of biases too.
        decay_norms: of the scales and shifts of norms too.

    Raises:
        UserError: a value is out of range.
    """

    def __init__(
        self,
        learning_rate: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        beta3: float = 0.999,
        clip: float = 10.0,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
        decay_norms: bool = False,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, weight_decay, decay_biases, decay_norms)
        self.beta3 = fraction("beta3", beta3)
        if not clip > 1:
            raise UserError(f"clip must be above 1, found {clip}")
        self.clip = clip

    def first_scalars(self) -> dict[str, float]:
        """Return Adam's, d = 1, and that there was no loss yet."""
        return {**super().first_scalars(), "change": 1.0, "last_loss": -1.0}

    def prepare(self, current: Mapping[str, float]) -> tuple[float, ...]:
        """Return Adam's factors, the step divided by d."""
        *moments, minus_rate = super().prepare(current)
        if "loss" in current:
            self._see(current["loss"])
        return (*moments, minus_rate / self.scalars["change"])

    def _see(self, loss: float) -> None:
        last, state = self.scalars["last_loss"], self.scalars
        state["last_loss"] = loss
        if last < 0:
            return
        least = min(loss, last)
        change = abs(loss - last) / least if least > 0 else self.clip
        change = min(max(change, 1 / self.clip), self.clip)
        state["change"] = self.beta3 * state["change"] + (1 - self.beta3) * change
