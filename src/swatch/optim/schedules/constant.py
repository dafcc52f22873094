"""The schedule that changes nothing."""

from __future__ import annotations

from swatch.optim.schedule import Schedule


class Constant(Schedule):
    """Every step has the optimizer's own values.

    Args:
        base: the optimizer's own values.
        total_steps: length of the run.
        warmup: share of the run in which the learning rate warms up, in [0, 1).

    Raises:
        UserError: a value is out of range.
    """

    def at(self, step: int) -> dict[str, float]:
        """Return the base values."""
        return dict(self.base)
