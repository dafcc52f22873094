"""Decay by the inverse of time."""

from __future__ import annotations

from collections.abc import Mapping

from swatch.optim.optimizer import not_negative
from swatch.optim.schedule import Schedule


class InverseTime(Schedule):
    """The learning rate is lr / (1 + decay · t) at step t.

    Robbins and Monro, "A Stochastic Approximation Method" (1951): falling like 1/t is slow enough to get
    anywhere and fast enough to settle.

    Args:
        base: the optimizer's own values; its learning rate is lr.
        total_steps: length of the run.
        decay: per step, at least 0.
        warmup: share of the run in which the learning rate warms up, in [0, 1).

    Raises:
        UserError: a value is out of range.
    """

    def __init__(
        self, base: Mapping[str, float], total_steps: int, decay: float = 0.001, warmup: float = 0.0
    ) -> None:
        super().__init__(base, total_steps, warmup)
        self.decay = not_negative("decay", decay)

    def at(self, step: int) -> dict[str, float]:
        """Return the base values, the learning rate decayed."""
        time = min(step, self.total_steps - 1)
        return {**self.base, "learning_rate": self.base["learning_rate"] / (1 + self.decay * time)}
