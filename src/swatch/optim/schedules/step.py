"""Step decay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from swatch.errors import UserError
from swatch.optim.schedule import Schedule, in_unit_interval


class Step(Schedule):
    """The learning rate is multiplied by a factor at each milestone of the run.

    As in He et al., "Deep Residual Learning for Image Recognition" (2015), 4.2. Milestones are shares of the
    run, so that they stay in their place when the number of epochs changes.

    Args:
        base: the optimizer's own values.
        total_steps: length of the run.
        milestones: shares of the run, rising, in [0, 1].
        factor: at every milestone, in [0, 1].
        warmup: share of the run in which the learning rate warms up, in [0, 1).

    Raises:
        UserError: a value is out of range, or the milestones do not rise.
    """

    is_smooth: ClassVar[bool] = False

    def __init__(
        self,
        base: Mapping[str, float],
        total_steps: int,
        milestones: Sequence[float] = (0.5, 0.75),
        factor: float = 0.1,
        warmup: float = 0.0,
    ) -> None:
        super().__init__(base, total_steps, warmup)
        for milestone in milestones:
            in_unit_interval("milestones", milestone)
        if list(milestones) != sorted(set(milestones)):
            raise UserError(f"milestones must rise, found {list(milestones)}")
        self.milestones = tuple(milestones)
        self.factor = in_unit_interval("factor", factor)

    def at(self, step: int) -> dict[str, float]:
        """Return the base values, the learning rate after the milestones that are passed."""
        progress = self.progress(step)
        passed = sum(progress >= milestone for milestone in self.milestones)
        return {**self.base, "learning_rate": self.base["learning_rate"] * self.factor**passed}
