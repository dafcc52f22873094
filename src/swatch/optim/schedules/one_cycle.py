"""The one-cycle policy."""

from __future__ import annotations

from collections.abc import Mapping

from swatch.errors import UserError
from swatch.optim.optimizer import fraction
from swatch.optim.schedule import Schedule, anneal, in_unit_interval

# What optimizers call the memory of past gradients.
MOMENTUM_NAMES = ("momentum", "beta1")


class OneCycle(Schedule):
    """The learning rate rises to its base value and falls almost to zero, while momentum falls and rises.

    Smith, "A disciplined approach to neural network hyper-parameters" (2018), with two cosine phases.
    Momentum is the optimizer's ``momentum`` or ``beta1``; an optimizer without it has a cycle of the learning
    rate alone.

    Args:
        base: the optimizer's own values; the learning rate is the peak.
        total_steps: length of the run.
        warmup_fraction: share of the run in which the learning rate rises, in [0, 1].
        initial_fraction: the first step's learning rate as a fraction of the peak, in [0, 1].
        final_fraction: the last step's, in [0, 1].
        cycle_momentum: False leaves momentum at its base value.
        momentum_low: momentum at the peak of the learning rate, in [0, 1).
        momentum_high: momentum at both ends of the run, in [0, 1).

    Raises:
        UserError: a value is out of range.
    """

    def __init__(
        self,
        base: Mapping[str, float],
        total_steps: int,
        warmup_fraction: float = 0.3,
        initial_fraction: float = 0.04,
        final_fraction: float = 1e-5,
        cycle_momentum: bool = True,
        momentum_low: float = 0.85,
        momentum_high: float = 0.95,
    ) -> None:
        super().__init__(base, total_steps)
        self.warmup_fraction = in_unit_interval("warmup_fraction", warmup_fraction)
        peak = base["learning_rate"]
        initial = peak * in_unit_interval("initial_fraction", initial_fraction)
        final = peak * in_unit_interval("final_fraction", final_fraction)
        low, high = fraction("momentum_low", momentum_low), fraction("momentum_high", momentum_high)
        if low > high:
            raise UserError(f"momentum_low must be at most momentum_high ({high}), found {low}")
        # Name to its values at the start, the peak and the end of the run.
        self._corners = {"learning_rate": (initial, peak, final)}
        if cycle_momentum:
            self._corners |= {name: (high, low, high) for name in MOMENTUM_NAMES if name in base}

    def at(self, step: int) -> dict[str, float]:
        """Return the base values, learning rate and momentum at their place in the cycle."""
        progress, warmup = self.progress(step), self.warmup_fraction
        rising = progress < warmup
        phase = progress / warmup if rising else (progress - warmup) / (1 - warmup) if warmup < 1 else 0.0
        values = dict(self.base)
        for name, (initial, peak, final) in self._corners.items():
            values[name] = anneal(initial, peak, phase) if rising else anneal(peak, final, phase)
        return values
