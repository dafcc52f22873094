"""Finding a learning rate before a training, by trying all of them in one short run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from swatch.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from swatch.training.trainer import Trainer

LEAST_RATE, LARGEST_RATE = 1e-7, 10.0
STEPS = 200
SMOOTHING = 0.9
"""How much of the mean of past losses is kept in every step."""
DIVERGED = 4.0
"""A loss so many times the best one ends the search."""
UNSETTLED = 10
"""Steps, 1 / (1 - SMOOTHING), before the mean holds enough losses for its slope to say anything."""
MARGIN = 10.0
"""The suggestion lies by this factor below the learning rate with the lowest loss."""


@dataclass(frozen=True)
class RateTest:
    """What the losses were while the learning rate rose."""

    rates: NDArray[np.float64]
    """The learning rate of each step, shape (steps,)."""
    losses: NDArray[np.float64]
    """The smoothed loss before each step, shape (steps,)."""
    steepest: float
    """Where the loss fell fastest, against the logarithm of the rate."""
    suggestion: float
    """A tenth of the rate with the lowest loss, but no less than the steepest one."""


def find_learning_rate(trainer: Trainer, steps: int = STEPS) -> RateTest:
    """Raise the learning rate from 1e-7 to 10 by the same factor in every step, and look at the loss.

    Smith, "Cyclical Learning Rates for Training Neural Networks" (2015), 3.3, with the smoothing and the end
    of the search as fastai has made them known. The trainer's network is changed; its schedule is not used,
    and neither are penalties, clipping and accumulation.

    Args:
        trainer: Fresh from its assembly.
        steps: Optimizer steps from end to end, at least 2.

    Raises:
        UserError: The loss is not finite before any step.
    """
    network, loss, optimizer = trainer.network, trainer.loss, trainer.optimizer
    values, gradients = network.parameters.values, network.parameters.gradients
    growth = (LARGEST_RATE / LEAST_RATE) ** (1 / (steps - 1))
    rates: list[float] = []
    losses: list[float] = []
    mean = 0.0
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for step, (x, labels) in zip(range(steps), _batches(trainer), strict=False):
            value = loss.forward(network.forward(x, training=True), labels)
            mean = SMOOTHING * mean + (1 - SMOOTHING) * value
            # As in Adam: the mean started at zero, which the first steps would show.
            smoothed = mean / (1 - SMOOTHING ** (step + 1))
            if not math.isfinite(smoothed) or (losses and smoothed > DIVERGED * min(losses)):
                break
            rate = LEAST_RATE * growth**step
            rates.append(rate)
            losses.append(smoothed)
            network.backward(loss.backward())
            optimizer.step(values, gradients, {"learning_rate": rate, "loss": value})
    if not losses:
        raise UserError(
            f"the loss is {value:g} before the first step, so that no learning rate can help; start with "
            "smaller weights (model.weight_init, model.weight_scale)"
        )
    return judge(np.array(rates), np.array(losses))


def _batches(trainer: Trainer) -> Iterator[tuple[NDArray[np.float32], NDArray[np.intp]]]:
    epoch = 1
    while True:
        yield from trainer.training.epoch(epoch)
        epoch += 1


def judge(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> RateTest:
    """Find the rates of interest.

    Args:
        rates: Rising by a constant factor, shape (steps,).
        losses: The smoothed loss at each, shape (steps,).
    """
    lowest = int(losses.argmin())
    # Behind the lowest loss there is nothing to find, and before UNSETTLED only the noise of single batches.
    first = UNSETTLED if lowest > UNSETTLED + 1 else 0
    part = slice(first, lowest + 1)
    slopes = np.gradient(losses[part], np.log(rates[part])) if lowest > 1 else np.zeros(1)
    steepest = float(rates[first + int(slopes.argmin())])
    return RateTest(rates, losses, steepest, max(float(rates[lowest]) / MARGIN, steepest))
