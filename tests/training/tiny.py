"""A training that takes milliseconds: logistic regression with input dropout and momentum, on random images.

Small enough to be obviously right, with every kind of state that a checkpoint must keep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from swatch.data.batches import Batches
from swatch.data.normalization import Normalization
from swatch.optim.schedules import InverseTime
from swatch.training.callbacks.base import Callback
from swatch.training.trainer import Trainer

CLASSES, PIXELS = 3, 16


@dataclass(frozen=True)
class Segment:
    layer: str
    role: str
    view: NDArray[np.float32]


class TinyNetwork:
    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)
        values = self._generator.normal(size=PIXELS * CLASSES).astype(np.float32)
        weight = values.reshape(PIXELS, CLASSES)
        segments = [Segment("linear", "weight", weight)]
        self.parameters = SimpleNamespace(values=values, gradients=np.zeros_like(values), segments=segments)
        self.buffers = {"steps_seen": np.zeros(1, np.float32)}
        self._weight = weight

    def forward(self, x: NDArray[np.float32], training: bool = False) -> NDArray[np.float32]:
        self._x = x.reshape(len(x), -1)
        if training:
            self._x = self._x * (self._generator.random(self._x.shape) > 0.2).astype(np.float32)
            self.buffers["steps_seen"] += 1
        return self._x @ self._weight

    def backward(self, gradient: NDArray[np.float32]) -> None:
        self.parameters.gradients[:] = (self._x.T @ gradient).ravel()

    def random_state(self) -> Any:
        return self._generator.bit_generator.state

    def set_random_state(self, state: Any) -> None:
        self._generator.bit_generator.state = state


class TinyLoss:
    """Softmax cross-entropy; ``poison`` makes the loss of one call (counted from 1) not finite."""

    def __init__(self, poison: Mapping[int, float] | None = None) -> None:
        self._poison = poison or {}
        self.calls = 0

    def forward(self, logits: NDArray[np.float32], labels: NDArray[np.intp]) -> float:
        self.calls += 1
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        self._probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
        self._labels = labels
        value = float(-np.log(self._probabilities[np.arange(len(labels)), labels]).mean())
        return self._poison.get(self.calls, value)

    def backward(self) -> NDArray[np.float32]:
        gradient = self._probabilities.copy()
        gradient[np.arange(len(self._labels)), self._labels] -= 1
        return (gradient / len(self._labels)).astype(np.float32)


class TinyMomentum:
    def __init__(self, network: TinyNetwork) -> None:
        self._velocity = np.zeros_like(network.parameters.values)

    def step(self, values: Any, gradients: Any, hyperparameters: Mapping[str, float]) -> None:
        self._velocity *= np.float32(0.9)
        self._velocity += gradients
        values -= np.float32(hyperparameters["learning_rate"]) * self._velocity

    def state(self) -> dict[str, NDArray[Any]]:
        return {"velocity": self._velocity}

    def load_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        np.copyto(self._velocity, state["velocity"])


def tiny_trainer(
    callbacks: Sequence[Callback] = (),
    *,
    epochs: int = 6,
    seed: int = 0,
    poison: Mapping[int, float] | None = None,
    samples: int = 70,
    rate: float = 0.05,
) -> Trainer:
    """Seven steps of 10 (the last of the epoch has what is left) and one batch of 20 for validation."""
    data = np.random.default_rng(1)
    images = data.integers(0, 256, (samples + 20, 4, 4, 1), dtype=np.uint8)
    labels = (images.reshape(len(images), -1)[:, :CLASSES]).argmax(axis=1)
    scale = Normalization("unit", 1 / 255, 0.0)
    network = TinyNetwork(seed)
    parts: dict[str, Any] = {
        "network": network,
        "loss": TinyLoss(poison),
        "optimizer": TinyMomentum(network),
        "schedule": InverseTime({"learning_rate": rate}, 10**9, decay=0.01),
        "training": Batches(images, labels, np.arange(samples), 10, seed=seed, normalization=scale),
        "validation": Batches(
            images,
            labels,
            np.arange(samples, samples + 20),
            20,
            seed=seed,
            normalization=scale,
            shuffle=False,
        ),
    }
    return Trainer(**parts, classes=CLASSES, epochs=epochs, callbacks=callbacks, poll_seconds=0)


TIMINGS = ("seconds", "samples_per_second", "timestamp")


def without_timings(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in record.items() if key not in TIMINGS} for record in history]
