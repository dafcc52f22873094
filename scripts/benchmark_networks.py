"""Training steps of whole networks: ours, torch's variants, and the matrix products alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np

import benchmark_torch
from benchmark_case import GEMM, OURS, STEPS, Case, Step
from swatch import nn
from swatch.nn import products
from swatch.optim import Adam
from swatch.optim.schedules import OneCycle

BATCHES = 8
IMAGE = (28, 28, 1)


def network_case(name: str, describe: Callable[[], nn.Module], batch: int) -> Case:
    """Return the case of a whole training step with Adam: forward, loss, backward, update.

    Args:
        name: of the case.
        describe: makes the model, for 10 classes and images of 28x28.
        batch: images per step.
    """
    return Case(name, STEPS, lambda: _contestants(describe, batch))


def _contestants(describe: Callable[[], nn.Module], batch: int) -> dict[str, Step]:
    generator = np.random.default_rng(0)
    x = generator.standard_normal((BATCHES, batch, *IMAGE), dtype=np.float32)
    labels = generator.integers(10, size=(BATCHES, batch))
    batches = list(zip(x, labels, strict=True))
    with mock.patch.object(products, "TILED_KERNELS", ()):
        alone = products_of(our_step(describe(), batches))
    steps = {OURS: our_step(describe(), batches), GEMM: alone}
    return steps | benchmark_torch.training_steps(describe(), batches)


def our_step(model: nn.Module, batches: list[tuple[Any, Any]]) -> Step:
    """Return a training step with Adam and a one-cycle schedule, on one of the batches after another."""
    network = nn.Network(model, IMAGE, batch_size=len(batches[0][1]), seed=0)
    loss, optimizer = nn.CrossEntropy(), Adam(learning_rate=0.001)
    optimizer.bind(network.parameters)
    schedule = OneCycle(optimizer.hyperparameters(), total_steps=1_000_000)
    values, gradients = network.parameters.values, network.parameters.gradients
    turns, count = itertools.cycle(batches), itertools.count()

    def step() -> float:
        inputs, classes = next(turns)
        value = loss.forward(network.forward(inputs, training=True), classes)
        network.backward(loss.backward())
        optimizer.step(values, gradients, schedule(next(count)))
        return value

    return step


def products_of(step: Step) -> Step:
    """Return what does the matrix products of a step again, and nothing else: the limit of NumPy.

    They are recorded while the step runs, and repeated on the same memory in the same order. Products with a
    vector, which are sums, are no part of it. (Each is one product here: our own step may cut it into tiles.)
    """
    step()
    recorded: list[tuple[Callable[..., Any], Any, Any, Any]] = []

    def recording(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(a: Any, b: Any, out: Any = None) -> Any:
            result = function(a, b, out=out)
            if min(a.ndim, b.ndim) > 1:
                recorded.append((function, a, b, result))
            return result

        return call

    with mock.patch.multiple(np, dot=recording(np.dot), matmul=recording(np.matmul)):
        step()

    def products() -> None:
        for function, a, b, out in recorded:
            function(a, b, out=out)

    return products
