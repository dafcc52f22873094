"""The schedule that changes nothing."""

from __future__ import annotations

from swatch.optim.schedule import Schedule


class Constant(Schedule):
    """Every step has the optimizer's own values."""

    def __call__(self, step: int) -> dict[str, float]:
        """Return the base values."""
        return dict(self.base)
