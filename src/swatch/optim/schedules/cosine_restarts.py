"""Cosine annealing with warm restarts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from swatch.errors import UserError
from swatch.optim.schedule import Schedule, anneal, in_unit_interval


class CosineRestarts(Schedule):
    """The learning rate falls along half a cosine wave, again and again, each time from its base value.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2016), eq. 5. The first
    cycle's length follows from the number of cycles, so that the last one ends with the run.

    Args:
        base: the optimizer's own values.
        total_steps: length of the run.
        cycles: how many, at least 1.
        growth: how much longer each cycle is than the one before (the paper's T_mult), at least 1.
        final_fraction: the learning rate at a cycle's end as a fraction of the base value, in [0, 1].
        warmup: share of the run in which the learning rate warms up, in [0, 1).

    Raises:
        UserError: a value is out of range.
    """

    is_smooth: ClassVar[bool] = False

    def __init__(
        self,
        base: Mapping[str, float],
        total_steps: int,
        cycles: int = 3,
        growth: float = 2.0,
        final_fraction: float = 0.0,
        warmup: float = 0.0,
    ) -> None:
        super().__init__(base, total_steps, warmup)
        if cycles < 1:
            raise UserError(f"cycles must be at least 1, found {cycles}")
        if not 1 <= growth < float("inf"):
            raise UserError(f"growth must be at least 1, found {growth}")
        self.final_fraction = in_unit_interval("final_fraction", final_fraction)
        # In units of the last one: those of the first would overflow for many cycles.
        lengths = [growth ** (cycle + 1 - cycles) for cycle in range(cycles)]
        shares = [sum(lengths[: cycle + 1]) / sum(lengths) for cycle in range(cycles)]
        self._ends = [round(share * self.total_steps) for share in shares]

    def at(self, step: int) -> dict[str, float]:
        """Return the base values, the learning rate at its place in the cycle."""
        step = min(step, self.total_steps - 1)
        end = next(end for end in self._ends if step < end)
        start = max((before for before in self._ends if before <= step), default=0)
        peak = self.base["learning_rate"]
        progress = (step - start) / (end - start - 1) if end - start > 1 else 0.0
        return {**self.base, "learning_rate": anneal(peak, peak * self.final_fraction, progress)}
