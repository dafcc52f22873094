"""What every schedule is: a pure function from the step to hyperparameters."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from swatch.errors import UserError


class Schedule(ABC):
    """The hyperparameters of every step of a run.

    It keeps no state: it can be plotted before a run, and a resumed run has the same values. (Reducing on a
    plateau is the stated exception: it looks at what training has measured, in ``observe``.)

    In front of any schedule the learning rate may warm up: it rises linearly over the first steps to the
    schedule's first value, and the schedule has the rest of the run (Goyal et al., "Accurate, Large Minibatch
    SGD", 2017, 2.2).

    Args:
        base: the optimizer's own values, such as ``{"learning_rate": 0.001, "beta1": 0.9}``.
        total_steps: length of the run, at least 1. Later steps have the last step's values.
        warmup: share of the run in which the learning rate warms up, in [0, 1).

    Attributes:
        total_steps: the steps that are left to the schedule after the warm-up.

    Raises:
        UserError: ``total_steps`` is below 1, or ``warmup`` outside [0, 1).
    """

    is_smooth: ClassVar[bool] = True
    """Whether neighbouring steps have nearly the same values; False for one that jumps."""

    def __init__(self, base: Mapping[str, float], total_steps: int, warmup: float = 0.0) -> None:
        if total_steps < 1:
            raise UserError(f"total_steps must be at least 1, found {total_steps}")
        if not 0 <= warmup < 1:
            raise UserError(f"warmup must be in [0, 1), found {warmup}")
        self.base = dict(base)
        self.warmup_steps = min(round(warmup * total_steps), total_steps - 1)
        self.total_steps = total_steps - self.warmup_steps

    def __call__(self, step: int) -> dict[str, float]:
        """Return the hyperparameters of a step; the first step is 0."""
        if step >= self.warmup_steps:
            return self.at(step - self.warmup_steps)
        first = self.at(0)
        first["learning_rate"] *= (step + 1) / (self.warmup_steps + 1)
        return first

    @abstractmethod
    def at(self, step: int) -> dict[str, float]:
        """Return the hyperparameters of a step, counted from the end of the warm-up."""

    def observe(self, value: float, goal: str) -> None:  # noqa: B027 - most schedules look at nothing
        """Look at an epoch's monitored metric; nothing, unless a subclass does.

        Args:
            value: the metric.
            goal: ``"maximize"`` or ``"minimize"``.
        """

    def state(self) -> dict[str, float]:
        """Return what ``observe`` has changed, for an exact resume; nothing, unless a subclass does."""
        return {}

    def load_state(self, state: Mapping[str, float]) -> None:  # noqa: B027 - see above
        """Take a state that ``state`` returned."""

    def progress(self, step: int) -> float:
        """Return how far the schedule is: 0 at its first step, 1 at its last."""
        return min(step / (self.total_steps - 1), 1.0) if self.total_steps > 1 else 0.0


def anneal(start: float, end: float, progress: float) -> float:
    """Return the value on half a cosine wave from ``start`` at progress 0 to ``end`` at 1."""
    return start + (end - start) * (1 - math.cos(math.pi * progress)) / 2


def in_unit_interval(name: str, value: float) -> float:
    """Return ``value``.

    Raises:
        UserError: it is outside [0, 1]; the message begins with ``name``.
    """
    if not 0 <= value <= 1:
        raise UserError(f"{name} must be in [0, 1], found {value}")
    return value
