"""The loop: what it records, when it stops, what a diverging loss does."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
from tiny import tiny_trainer, without_timings

from swatch.optim.schedules import OneCycle
from swatch.training.callbacks.base import Callback
from swatch.training.outcome import Outcome
from swatch.training.trainer import Trainer
from swatch.training.validation import validate


class Recorder(Callback):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def on_start(self, trainer: Trainer) -> None:
        self.calls.append("start")

    def on_poll(self, trainer: Trainer) -> None:
        self.calls.append(f"poll {trainer.position.epoch}.{trainer.position.batch}")

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        self.calls.append(f"epoch {record['epoch']}")

    def on_end(self, trainer: Trainer) -> None:
        self.calls.append("end")


def test_record_of_an_epoch() -> None:
    trainer = tiny_trainer(epochs=2, samples=64)
    assert trainer.run() == Outcome("finished")
    first, second = trainer.history
    numbers = "epoch step learning_rate seconds samples_per_second timestamp"
    assert set(first) == {*numbers.split(), "train/loss", "train/accuracy", "val/loss", "val/accuracy"}
    assert (first["epoch"], first["step"]) == (1, 7)
    assert (second["epoch"], second["step"]) == (2, 14)
    assert first["learning_rate"] == 0.05 / (1 + 6 / 100)
    measured = validate(trainer.network, trainer.loss, trainer.validation, trainer.classes)
    assert (second["val/loss"], second["val/accuracy"]) == (measured.loss, measured.accuracy)
    assert measured.counts.sum() == 20
    assert first["seconds"] > 0
    assert first["samples_per_second"] > 0


@pytest.mark.parametrize("name", ["momentum", "beta1"])
def test_momentum_is_recorded_under_one_name(name: str) -> None:
    """Of the epoch's last step, as the learning rate is: what a schedule cycles has two names."""
    trainer = tiny_trainer(epochs=2)
    trainer.schedule = OneCycle({"learning_rate": 0.1, name: 0.9}, total_steps=trainer.total_steps)
    trainer.run()
    expected = [trainer.schedule(step)[name] for step in (6, 13)]
    assert [record["momentum"] for record in trainer.history] == expected
    assert expected[0] != expected[1]


def test_when_an_epoch_ended_is_recorded() -> None:
    before = time.time()
    trainer = tiny_trainer(epochs=2)
    trainer.run()
    first, second = (record["timestamp"] for record in trainer.history)
    assert before - 0.001 <= first <= second <= time.time() + 0.001


def test_the_mean_loss_weighs_samples_alike() -> None:
    """The last batch holds 4 samples, the others 10: without learning the mean is that of all 64."""
    trainer = tiny_trainer(epochs=1, samples=64, rate=0.0)
    network: Any = trainer.network
    network.forward = lambda x, training=False: x.reshape(len(x), -1) @ network._weight
    network.backward = lambda gradient: None
    trainer.run()
    (record,) = trainer.history
    losses, right = [], 0
    for x, labels in trainer.training.epoch(1):
        logits = network.forward(x)
        right += int((logits.argmax(axis=1) == labels).sum())
        losses += [trainer.loss.forward(logits[i : i + 1], labels[i : i + 1]) for i in range(len(labels))]
    assert record["train/loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert record["train/accuracy"] == right / 64


def test_it_learns() -> None:
    trainer = tiny_trainer(epochs=60)
    trainer.run()
    assert trainer.history[-1]["val/accuracy"] > trainer.history[0]["val/accuracy"]
    assert trainer.history[-1]["train/loss"] < 0.6 * trainer.history[0]["train/loss"]


def test_callbacks_hear_everything_in_order() -> None:
    recorder = Recorder()
    tiny_trainer([recorder], epochs=2, samples=20).run()
    polls = ["poll 1.1", "poll 1.2", "epoch 1", "poll 2.1", "poll 2.2", "epoch 2"]
    assert recorder.calls == ["start", *polls, "end"]


def test_same_seed_same_bits() -> None:
    runs = [tiny_trainer(seed=seed) for seed in (3, 3, 4)]
    for trainer in runs:
        trainer.run()
    same, again, other = runs
    assert without_timings(same.history) == without_timings(again.history)
    assert np.array_equal(same.network.parameters.values, again.network.parameters.values)
    assert without_timings(same.history) != without_timings(other.history)


def test_a_callback_stops_after_the_step() -> None:
    class Stop(Callback):
        def on_poll(self, trainer: Trainer) -> None:
            if trainer.position.step == 10:
                trainer.stop("interrupted", "enough")
                trainer.stop("failed", "too late")

    trainer = tiny_trainer([Stop()])
    assert trainer.run() == Outcome("interrupted", "enough")
    assert (trainer.position.epoch, trainer.position.batch, trainer.position.step) == (2, 3, 10)
    assert len(trainer.history) == 1


def test_an_interruption_after_the_last_epoch_is_a_finish() -> None:
    class Stop(Callback):
        def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
            if record["epoch"] == 6:
                trainer.stop("interrupted", "SIGTERM")

    assert tiny_trainer([Stop()]).run() == Outcome("finished")


# Calls of the loss: seven training steps and one validation batch per epoch.
@pytest.mark.parametrize(
    ("call", "value", "reason"),
    [
        (1, math.nan, "diverged: loss is nan at epoch 1, step 1"),
        (10, math.inf, "diverged: loss is inf at epoch 2, step 9"),
        (16, math.nan, "diverged: val/loss is nan at epoch 2, step 14"),
    ],
)
def test_divergence(call: int, value: float, reason: str) -> None:
    recorder = Recorder()
    trainer = tiny_trainer([recorder], poison={call: value})
    assert trainer.run() == Outcome("failed", reason)
    assert len(trainer.history) == (0 if call == 1 else 1)
    assert recorder.calls[-1] == "end"


def test_overflow_is_told_once_and_not_by_numpy(recwarn: pytest.WarningsRecorder) -> None:
    trainer = tiny_trainer(rate=1e38, epochs=20)
    outcome = trainer.run()
    assert outcome.status == "failed"
    assert outcome.reason is not None
    assert outcome.reason.startswith("diverged: ")
    assert not recwarn.list
