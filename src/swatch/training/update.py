"""From the gradient of a batch to the next weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from swatch.nn import Parameters
    from swatch.optim import Optimizer, Schedule
    from swatch.optim.averaging import WeightAverage
    from swatch.optim.clipping import GradientClipping
    from swatch.optim.regularization import Regularization


class Update:
    """What follows the backward pass: penalties, clipping, the step, the bound on norms, the average.

    With accumulation, the gradients of several batches become one, their mean over all samples, and so do
    their losses; only the last of the batches is followed by a step: the effect of a larger batch in the
    memory of a small one.

    Args:
        parameters: the network's; ``gradients`` holds the batch's mean gradient when the update is called.
        optimizer: bound to them.
        schedule: the hyperparameters of every optimizer step.
        regularization: bound to them; None for none.
        clipping: None for none.
        average: bound to them; None for none.
        accumulation: batches per optimizer step, at least 1.
    """

    def __init__(
        self,
        parameters: Parameters,
        optimizer: Optimizer,
        schedule: Schedule,
        *,
        regularization: Regularization | None = None,
        clipping: GradientClipping | None = None,
        average: WeightAverage | None = None,
        accumulation: int = 1,
    ) -> None:
        self._parameters, self._optimizer, self._schedule = parameters, optimizer, schedule
        self._regularization, self._clipping, self._average = regularization, clipping, average
        self._accumulation = accumulation
        self._sum = np.zeros_like(parameters.values) if accumulation > 1 else None
        self.zero_grad()

    def zero_grad(self) -> None:
        """Forget the gradients that were accumulated."""
        self._batches = self._samples = 0
        self._loss_sum = 0.0
        if self._sum is not None:
            self._sum.fill(0)

    @property
    def is_pending(self) -> bool:
        """Whether gradients were accumulated that no step has used yet."""
        return self._batches > 0

    def __call__(self, step: int, samples: int, loss: float, *, is_last: bool) -> float | None:
        """Take the gradient of one batch, and step if enough batches were taken.

        Args:
            step: number of optimizer steps done.
            samples: samples in the batch.
            loss: the batch's loss, for optimizers that look at it.
            is_last: whether the epoch ends with this batch: then what has been accumulated is used.

        Returns:
            The penalty on the parameters as they were before the step, or None if there was no step.
        """
        values, gradients = self._parameters.values, self._parameters.gradients
        if self._sum is not None:
            # The mean gradient counts by its samples; the last batch of an epoch may be smaller.
            np.multiply(gradients, samples, out=gradients)
            np.add(self._sum, gradients, out=self._sum)
            self._batches += 1
            self._samples += samples
            self._loss_sum += loss * samples
            if self._batches < self._accumulation and not is_last:
                return None
            np.divide(self._sum, self._samples, out=gradients)
            loss = self._loss_sum / self._samples
            self.zero_grad()
        penalty = 0.0
        if self._regularization is not None:
            penalty = self._regularization.penalize(values, gradients)
        if self._clipping is not None:
            self._clipping.clip(gradients)
        self._optimizer.step(values, gradients, {**self._schedule(step), "loss": loss})
        if self._regularization is not None:
            self._regularization.project()
        if self._average is not None:
            self._average.update()
        return penalty
