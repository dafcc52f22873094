"""The training loop. The step is hot; whatever else a training needs is a callback."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import numpy as np

from swatch.optim.schedules.one_cycle import MOMENTUM_NAMES
from swatch.training.outcome import FAILED, FINISHED, INTERRUPTED, Outcome
from swatch.training.position import Position
from swatch.training.update import Update
from swatch.training.validation import Validation, validate

if TYPE_CHECKING:
    from swatch.data.batches import Batches
    from swatch.nn import Loss, Network
    from swatch.optim import Optimizer, Schedule
    from swatch.optim.averaging import WeightAverage
    from swatch.optim.clipping import GradientClipping
    from swatch.optim.regularization import Regularization
    from swatch.tracking import Record
    from swatch.training.callbacks.base import Callback

POLL_SECONDS = 0.1


class Trainer:
    """Trains a network for a number of epochs.

    Args:
        network: Built for at least the larger of the two batch sizes.
        loss: Mean loss of a batch and its gradient.
        optimizer: Bound to the network's parameters.
        schedule: The hyperparameters of every step; it was built for ``epochs * len(training)`` steps.
        training: Batches of the training part, shuffled anew in every epoch.
        validation: Batches of the validation part; without any the records have no ``val/`` metrics.
        classes: The number of classes.
        epochs: Passes over the training part.
        callbacks: Told of everything in this order, and of the end in the reverse one.
        poll_seconds: How often callbacks are asked between steps; 0 asks after every step.
        monitor: The metric that a schedule may look at.
        goal: ``"maximize"`` or ``"minimize"``.
        regularization: Penalties and the bound on norms, bound to the network's parameters.
        clipping: Of the gradient.
        average: Of the weights; the network is validated with it, and its best epoch is the average's.
        accumulation: Batches per optimizer step.
        flips: Average the validation's logits over each image and its mirror image.
    """

    def __init__(
        self,
        *,
        network: Network,
        loss: Loss,
        optimizer: Optimizer,
        schedule: Schedule,
        training: Batches,
        validation: Batches,
        classes: int,
        epochs: int,
        callbacks: Sequence[Callback] = (),
        poll_seconds: float = POLL_SECONDS,
        monitor: str = "val/accuracy",
        goal: str = "maximize",
        regularization: Regularization | None = None,
        clipping: GradientClipping | None = None,
        average: WeightAverage | None = None,
        accumulation: int = 1,
        flips: bool = False,
    ) -> None:
        self.network, self.loss, self.optimizer, self.schedule = network, loss, optimizer, schedule
        self.training, self.validation = training, validation
        self.classes, self.epochs = classes, epochs
        self.callbacks = tuple(callbacks)
        self.position = Position()
        self.history: list[Record] = []
        self.outcome: Outcome | None = None
        self.measured: Validation | None = None
        """What the last epoch's validation showed; None before the first, and without a validation part."""
        self.average, self.flips = average, flips
        self._monitor, self._goal = monitor, goal
        self._has_penalty = regularization is not None and regularization.has_penalty
        self._steps_per_epoch = -(-len(training) // accumulation)
        self.update = Update(
            network.parameters,
            optimizer,
            schedule,
            regularization=regularization,
            clipping=clipping,
            average=average,
            accumulation=accumulation,
        )
        self._poll_seconds = poll_seconds
        self._predictions = np.empty(training.batch_size, np.intp)
        self._hits = np.empty(training.batch_size, np.bool_)

    @property
    def total_steps(self) -> int:
        """Optimizer steps of the whole run."""
        return self.epochs * self._steps_per_epoch

    @contextmanager
    def evaluated(self) -> Iterator[None]:
        """Give the network the weights that it is judged by while the block runs: the average, if any."""
        with nullcontext() if self.average is None else self.average.applied():
            yield

    def validate(self) -> Validation:
        """Measure the network as it is on the validation part."""
        return validate(self.network, self.loss, self.validation, self.classes, flips=self.flips)

    def stop(self, status: str, reason: str | None = None) -> None:
        """End the training after the step under way; the first call decides."""
        if self.outcome is None:
            self.outcome = Outcome(status, reason)

    def run(self) -> Outcome:
        """Train from the current position to the end, or until a callback stops it.

        Returns:
            How it ended; a loss or penalty that is not finite ends it as failed, with the epoch and the step.
        """
        # A diverging run overflows before its loss does; the loss tells, once.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for callback in self.callbacks:
                callback.on_start(self)
            while self.outcome is None and self.position.epoch <= self.epochs:
                self._train_epoch()
                if self.outcome is None:
                    self._end_epoch()
            all_done = self.position.epoch > self.epochs
            if self.outcome is None or (all_done and self.outcome.status == INTERRUPTED):
                self.outcome = Outcome(FINISHED)
            for callback in reversed(self.callbacks):
                callback.on_end(self)
        return self.outcome

    def _train_epoch(self) -> None:
        position, clock = self.position, time.perf_counter
        network, loss, update, batches = self.network, self.loss, self.update, len(self.training)
        step, loss_sum, correct, samples = (
            position.step,
            position.loss_sum,
            position.correct,
            position.samples,
        )
        update.zero_grad()
        begin = clock()
        next_poll = begin + self._poll_seconds
        for x, labels in self.training.epoch(position.epoch, position.batch):
            size = len(labels)
            logits = network.forward(x, training=True)
            predictions = logits.argmax(axis=1, out=self._predictions[:size])
            # Mixed samples count as the class that has the largest share.
            classes = labels if labels.ndim == 1 else labels.argmax(axis=1)
            hits = np.equal(predictions, classes, out=self._hits[:size])
            value = loss.forward(logits, labels)
            if not math.isfinite(value):
                self.stop(FAILED, f"diverged: loss is {value:g} at epoch {position.epoch}, step {step + 1}")
                return
            network.backward(loss.backward())
            position.batch += 1
            penalty = update(step, size, value, is_last=position.batch == batches)
            if penalty is not None:
                step += 1
                if not math.isfinite(penalty):
                    # Squares of the weights overflow before the loss does.
                    self.stop(
                        FAILED, f"diverged: penalty is {penalty:g} at epoch {position.epoch}, step {step}"
                    )
                    return
                position.penalty_sum += penalty
            samples += size
            correct += int(np.count_nonzero(hits))
            loss_sum += value * size
            now = clock()
            # Between two steps: what is half accumulated is in no checkpoint.
            if now >= next_poll and not update.is_pending:
                position.step, position.samples = step, samples
                position.loss_sum, position.correct = loss_sum, correct
                position.seconds += now - begin
                begin = now
                for callback in self.callbacks:
                    callback.on_poll(self)
                if self.outcome is not None:
                    return
                next_poll = clock() + self._poll_seconds
        position.step, position.samples = step, samples
        position.loss_sum, position.correct = loss_sum, correct
        position.seconds += clock() - begin

    def _end_epoch(self) -> None:
        position = self.position
        begin = time.perf_counter()
        if self.validation.samples:
            with self.evaluated():
                self.measured = self.validate()
        measured = self.measured
        if measured is not None and not math.isfinite(measured.loss):
            where = f"epoch {position.epoch}, step {position.step}"
            self.stop(FAILED, f"diverged: val/loss is {measured.loss:g} at {where}")
            return
        seconds = position.seconds + time.perf_counter() - begin
        hyperparameters = self.schedule(position.step - 1)
        record: Record = {
            "epoch": position.epoch,
            "step": position.step,
            "train/loss": position.loss_sum / position.samples,
            "train/accuracy": position.correct / position.samples,
            **({} if measured is None else {"val/loss": measured.loss, "val/accuracy": measured.accuracy}),
            "learning_rate": float(hyperparameters["learning_rate"]),
            "seconds": round(seconds, 6),
            "samples_per_second": round(position.samples / max(position.seconds, 1e-9), 1),
            "timestamp": round(time.time(), 3),
        }
        if self._has_penalty:
            record["train/penalty"] = position.penalty_sum / self._steps_per_epoch
        for name in MOMENTUM_NAMES:
            if name in hyperparameters:
                record["momentum"] = float(hyperparameters[name])
        self.schedule.observe(record[self._monitor], self._goal)
        self.history.append(record)
        position.next_epoch(seconds)
        for callback in self.callbacks:
            callback.on_epoch_end(self, record)
