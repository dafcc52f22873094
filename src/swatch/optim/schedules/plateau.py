"""Reduction on a plateau."""

from __future__ import annotations

import math
from collections.abc import Mapping

from swatch.errors import UserError
from swatch.optim.optimizer import not_negative
from swatch.optim.schedule import Schedule, in_unit_interval


class Plateau(Schedule):
    """The learning rate is multiplied by a factor whenever the monitored metric has stopped improving.

    The one schedule that depends on the training: what it has seen is part of a checkpoint. Before the run it
    is constant.

    Args:
        base: the optimizer's own values.
        total_steps: length of the run.
        factor: what the learning rate is multiplied by, in [0, 1].
        patience: epochs without improvement after which it is reduced, at least 1, as in Keras; torch reduces
            one epoch later.
        min_delta: the least change of the metric that counts as an improvement, at least 0.
        final_fraction: the learning rate never falls below this fraction of its base value, in [0, 1].
        warmup: share of the run in which the learning rate warms up, in [0, 1).

    Raises:
        UserError: a value is out of range.
    """

    def __init__(
        self,
        base: Mapping[str, float],
        total_steps: int,
        factor: float = 0.3,
        patience: int = 2,
        min_delta: float = 0.0,
        final_fraction: float = 0.001,
        warmup: float = 0.0,
    ) -> None:
        super().__init__(base, total_steps, warmup)
        self.factor = in_unit_interval("factor", factor)
        if patience < 1:
            raise UserError(f"patience must be at least 1, found {patience}")
        self.patience = patience
        self.min_delta = not_negative("min_delta", min_delta)
        self.final_fraction = in_unit_interval("final_fraction", final_fraction)
        self._reductions, self._waited = 0, 0
        self._best = math.nan

    def at(self, step: int) -> dict[str, float]:
        """Return the base values, the learning rate as often reduced as there were plateaus."""
        share = max(self.factor**self._reductions, self.final_fraction)
        return {**self.base, "learning_rate": self.base["learning_rate"] * share}

    def observe(self, value: float, goal: str) -> None:
        """Count the epochs since the metric was best, and reduce after ``patience`` of them."""
        gain = value - self._best if goal == "maximize" else self._best - value
        if math.isnan(self._best) or gain > self.min_delta:
            self._best, self._waited = value, 0
            return
        self._waited += 1
        if self._waited >= self.patience:
            self._reductions += 1
            self._waited = 0

    def state(self) -> dict[str, float]:
        """Return what was seen."""
        seen = {} if math.isnan(self._best) else {"best": self._best}
        return {"reductions": self._reductions, "waited": self._waited, **seen}

    def load_state(self, state: Mapping[str, float]) -> None:
        """Take up what was seen."""
        self._reductions, self._waited = int(state["reductions"]), int(state["waited"])
        self._best = state.get("best", math.nan)
