"""How long a training would take, from a few of its steps."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from swatch.compose import build
from swatch.nn.flip_average import forward
from swatch.training.assembly import assemble
from swatch.training.data_cache import prepare_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from swatch.compose import Composition
    from swatch.training.trainer import Trainer

WARM_UP = 2
"""Batches that are not timed: they touch the memory for the first time."""
LEAST_BATCHES = 3


@dataclass(frozen=True)
class Timing:
    """What a training takes."""

    epoch_seconds: float
    """One epoch, its validation included."""
    epochs: int

    @property
    def seconds(self) -> float:
        """The whole training, if nothing ends it early."""
        return self.epoch_seconds * self.epochs


def time_training(composition: Composition, seconds: float = 0.3) -> Timing | None:
    """Train for about ``seconds`` seconds and reckon how long the whole training would take.

    Writes nothing. Returns None if the data would have to be fetched first.

    Raises:
        UserError: The config asks for something impossible.
    """
    source: Any = build(composition.config.data)
    if not source.is_here():
        return None
    trainer = assemble(composition, prepare_data(composition))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        training = _mean_seconds(_train(trainer), 2 * seconds / 3)
        validation = _mean_seconds(_validate(trainer), seconds / 3)
    epoch = training * len(trainer.training) + validation * len(trainer.validation)
    return Timing(epoch, composition.settings.epochs)


def _mean_seconds(batches: Iterator[None], limit: float) -> float:
    """Return the seconds a batch, of as many as fit into the limit."""
    for _ in itertools.islice(batches, WARM_UP):
        pass
    begin, count = time.perf_counter(), 0
    for _ in batches:
        count += 1
        if count >= LEAST_BATCHES and time.perf_counter() - begin >= limit:
            break
    return (time.perf_counter() - begin) / max(count, 1)


def _train(trainer: Trainer) -> Iterator[None]:
    network, loss, update = trainer.network, trainer.loss, trainer.update
    for epoch in itertools.count(1):
        for step, (x, labels) in enumerate(trainer.training.epoch(epoch)):
            value = loss.forward(network.forward(x, training=True), labels)
            network.backward(loss.backward())
            # Every step as if it were the first: the schedule ends with the training, which this is not.
            update(0, len(labels), value, is_last=step + 1 == len(trainer.training))
            yield


def _validate(trainer: Trainer) -> Iterator[None]:
    while True:
        for x, labels in trainer.validation.epoch(0):
            trainer.loss.forward(forward(trainer.network, x, trainer.flips), labels)
            yield
