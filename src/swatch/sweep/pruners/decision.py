"""What a stopping rule sees and what it says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from swatch.sweep.distributions.base import number


@dataclass(frozen=True)
class Decision:
    """Whether a trial stops, and the numbers that say why, in the metric's own sign."""

    stop: bool
    reason: str
    band: int | None = None
    """The iteration at which it was compared; None before the first comparison."""
    threshold: float | None = None
    """The worst value that goes on."""
    value: float | None = None
    """The trial's value that was compared with the threshold."""

    def record(self) -> dict[str, Any]:
        """Return the decision as plain values for the ledger."""
        return asdict(self)


@dataclass(frozen=True)
class Curves:
    """The metric's values of every trial, one an iteration, turned so that smaller is better.

    An iteration is a logged value that is a finite number; iterations count from 1.
    """

    losses: Mapping[int, Sequence[float]]
    """Trial number to its values."""
    sign: float
    """1 if the metric is minimised, −1 if it is maximised."""

    @classmethod
    def of(cls, goal: str, histories: Mapping[int, Iterable[object]]) -> Curves:
        """Read all trials' histories, dropping what is no finite number; ``goal`` is the metric's."""
        sign = -1.0 if goal == "maximize" else 1.0
        return cls({trial: _finite(values, sign) for trial, values in histories.items()}, sign)

    def own(self, trial: int) -> Sequence[float]:
        """Return one trial's values; empty if it has logged none."""
        return self.losses.get(trial, ())

    def others(self, trial: int, at_least: int) -> list[Sequence[float]]:
        """Return the curves of all other trials that reached an iteration."""
        return [values for other, values in self.losses.items() if other != trial and len(values) >= at_least]

    def shown(self, loss: float) -> float:
        """Return a value in the metric's own sign."""
        return self.sign * loss


class Rule(Protocol):
    """A stopping rule. It holds its parameters alone; everything else it is told."""

    def judge(self, curves: Curves, trial: int) -> Decision:
        """Decide whether ``trial`` stops now; the answer depends on the arguments alone."""


def counted(count: int, noun: str) -> str:
    """Return ``1 epoch``, ``2 epochs``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _finite(values: Iterable[object], sign: float) -> list[float]:
    reals = (number(value) for value in values)
    return [sign * real for real in reals if real is not None and math.isfinite(real)]
