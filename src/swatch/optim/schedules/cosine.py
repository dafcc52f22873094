"""Cosine annealing."""

from __future__ import annotations

from collections.abc import Mapping

from swatch.optim.schedule import Schedule, anneal, in_unit_interval


class Cosine(Schedule):
    """The learning rate falls along half a cosine wave, from its base value to a fraction of it.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2016), eq. 5, without
    restarts.

    Args:
        base: the optimizer's own values.
        total_steps: length of the run.
        final_fraction: the last step's learning rate as a fraction of the base value, in [0, 1].
        warmup: share of the run in which the learning rate warms up, in [0, 1).

    Raises:
        UserError: a value is out of range.
    """

    def __init__(
        self, base: Mapping[str, float], total_steps: int, final_fraction: float = 0.0, warmup: float = 0.0
    ) -> None:
        super().__init__(base, total_steps, warmup)
        self.final_fraction = in_unit_interval("final_fraction", final_fraction)

    def at(self, step: int) -> dict[str, float]:
        """Return the base values, the learning rate annealed."""
        peak = self.base["learning_rate"]
        rate = anneal(peak, peak * self.final_fraction, self.progress(step))
        return {**self.base, "learning_rate": rate}
