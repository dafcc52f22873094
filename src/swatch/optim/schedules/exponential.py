"""Exponential decay."""

from __future__ import annotations

import math
from collections.abc import Mapping

from swatch.errors import UserError
from swatch.optim.schedule import Schedule


class Exponential(Schedule):
    """The learning rate falls by the same factor in every step, to a fraction of its base value.

    Args:
        base: the optimizer's own values.
        total_steps: length of the run.
        final_fraction: the last step's learning rate as a fraction of the base value, in (0, 1].
        warmup: share of the run in which the learning rate warms up, in [0, 1).

    Raises:
        UserError: a value is out of range.
    """

    def __init__(
        self, base: Mapping[str, float], total_steps: int, final_fraction: float = 0.01, warmup: float = 0.0
    ) -> None:
        super().__init__(base, total_steps, warmup)
        if not 0 < final_fraction <= 1:
            raise UserError(f"final_fraction must be in (0, 1], found {final_fraction}")
        self._exponent = math.log(final_fraction)

    def at(self, step: int) -> dict[str, float]:
        """Return the base values, the learning rate decayed."""
        factor = math.exp(self._exponent * self.progress(step))
        return {**self.base, "learning_rate": self.base["learning_rate"] * factor}
