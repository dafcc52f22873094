"""The training loop. The step is hot; whatever else a training needs is a callback."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from swatch.training.outcome import FAILED, FINISHED, INTERRUPTED, Outcome
from swatch.training.position import Position
from swatch.training.validation import validate

if TYPE_CHECKING:
    from swatch.data.batches import Batches
    from swatch.nn import Loss, Network
    from swatch.optim import Optimizer, Schedule
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
        validation: Batches of the validation part.
        classes: The number of classes.
        epochs: Passes over the training part.
        callbacks: Told of everything in this order, and of the end in the reverse one.
        poll_seconds: How often callbacks are asked between steps; 0 asks after every step.
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
    ) -> None:
        self.network, self.loss, self.optimizer, self.schedule = network, loss, optimizer, schedule
        self.training, self.validation = training, validation
        self.classes, self.epochs = classes, epochs
        self.callbacks = tuple(callbacks)
        self.position = Position()
        self.history: list[Record] = []
        self.outcome: Outcome | None = None
        self._poll_seconds = poll_seconds
        self._predictions = np.empty(training.batch_size, np.intp)
        self._hits = np.empty(training.batch_size, np.bool_)

    @property
    def total_steps(self) -> int:
        """Steps of the whole run."""
        return self.epochs * len(self.training)

    def stop(self, status: str, reason: str | None = None) -> None:
        """End the training after the step under way; the first call decides."""
        if self.outcome is None:
            self.outcome = Outcome(status, reason)

    def run(self) -> Outcome:
        """Train from the current position to the end, or until a callback stops it.

        Returns:
            How it ended; a loss that is not finite ends it as failed, with the epoch and the step.
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
        network, loss, optimizer, schedule = self.network, self.loss, self.optimizer, self.schedule
        values, gradients = network.parameters.values, network.parameters.gradients
        step, loss_sum, correct, samples = (
            position.step,
            position.loss_sum,
            position.correct,
            position.samples,
        )
        begin = clock()
        next_poll = begin + self._poll_seconds
        for x, labels in self.training.epoch(position.epoch, position.batch):
            size = len(labels)
            logits = network.forward(x, training=True)
            predictions = logits.argmax(axis=1, out=self._predictions[:size])
            hits = np.equal(predictions, labels, out=self._hits[:size])
            value = loss.forward(logits, labels)
            if not math.isfinite(value):
                self.stop(FAILED, f"diverged: loss is {value:g} at epoch {position.epoch}, step {step + 1}")
                return
            network.backward(loss.backward())
            optimizer.step(values, gradients, schedule(step))
            step += 1
            samples += size
            correct += int(np.count_nonzero(hits))
            loss_sum += value * size
            position.batch += 1
            now = clock()
            if now >= next_poll:
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
        measured = validate(self.network, self.loss, self.validation, self.classes)
        if not math.isfinite(measured.loss):
            where = f"epoch {position.epoch}, step {position.step}"
            self.stop(FAILED, f"diverged: val/loss is {measured.loss:g} at {where}")
            return
        seconds = position.seconds + time.perf_counter() - begin
        record: Record = {
            "epoch": position.epoch,
            "step": position.step,
            "train/loss": position.loss_sum / position.samples,
            "train/accuracy": position.correct / position.samples,
            "val/loss": measured.loss,
            "val/accuracy": measured.accuracy,
            "learning_rate": float(self.schedule(position.step - 1)["learning_rate"]),
            "seconds": round(seconds, 6),
            "samples_per_second": round(position.samples / max(position.seconds, 1e-9), 1),
        }
        self.history.append(record)
        position.next_epoch(seconds)
        for callback in self.callbacks:
            callback.on_epoch_end(self, record)
