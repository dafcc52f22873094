"""What a network costs: the memory of a step, of an evaluation, and what its summary says of it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from swatch.errors import UserError
from swatch.nn import (
    BatchNorm,
    Conv2d,
    CrossEntropy,
    Flatten,
    Linear,
    Module,
    Network,
    ReLU,
    Sequential,
    cnn,
    mlp,
    resnet_small,
)
from swatch.optim import Adam

# What NumPy borrows for the time of a broadcast, or of an operation on parts of arrays: 8,192 elements of
# each operand, whatever the size of the arrays. The arrays in these tests are several times as large.
BORROWED = 100_000


def traced_peak(step: Callable[[], object]) -> int:
    """Bytes that a step allocates at once, after the first steps."""
    tracemalloc.start()
    try:
        # What is kept between steps (views of the arrays that come in) is there after some of them.
        for _ in range(12):
            step()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        step()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1000
    return peak - before


def test_layers_are_named_and_summarised() -> None:
    network = Network(
        Sequential([Flatten(), Linear(5), Sequential([Linear(4), ReLU()]), Linear(3)]),
        (2, 2),
        batch_size=1,
        seed=0,
    )
    rows = [(row.name, row.kind, row.output_shape, row.parameters) for row in network.summary()]
    assert rows == [
        ("flatten1", "Flatten", (4,), 0),
        ("linear1", "Linear", (5,), 25),
        ("sequential1.linear1", "Linear", (4,), 24),
        ("sequential1.relu1", "ReLU", (4,), 0),
        ("linear2", "Linear", (3,), 15),
    ]
    assert network.output_shape == (3,)
    assert network.parameters.size == 64


@pytest.mark.check("allocates nothing")
def test_layers_allocate_nothing_after_the_first_step(
    layer_class: type[Module], layer_network: Callable[..., Network]
) -> None:
    samples = 128
    shape = (1024,)
    if len(layer_network(layer_class, shape, samples, np.float32).input_shape) == 3:
        shape = (16, 16, 4)
    network = layer_network(layer_class, shape, samples, np.float32)
    x = np.ones((samples, *network.input_shape), np.float32)
    gradient = np.ones((samples, *network.output_shape), np.float32)

    def step() -> None:
        for rows in (samples, samples - 50):
            network.forward(x[:rows], training=True)
            network.backward(gradient[:rows], input_gradient=True)

    assert x.nbytes > 5 * BORROWED
    assert traced_peak(step) < BORROWED


@pytest.mark.check("allocates nothing")
@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_a_training_step_allocates_nothing_after_the_first(activation_name: str, dropout: float) -> None:
    samples = 512
    model = mlp(50, [256, 256], activation=activation_name, dropout=dropout, input_dropout=dropout)
    network = Network(model, (28, 28, 1), batch_size=samples, seed=0)
    loss, optimizer = CrossEntropy(label_smoothing=0.1), Adam(0.001, weight_decay=0.1)
    optimizer.bind(network.parameters)
    generator = np.random.default_rng(0)
    x = generator.standard_normal((samples, 28, 28, 1), dtype=np.float32)
    labels = generator.integers(50, size=samples)

    def step() -> None:
        for rows in (samples, samples - 50):
            loss.forward(network.forward(x[:rows], training=True), labels[:rows])
            network.backward(loss.backward())
            optimizer.step(network.parameters.values, network.parameters.gradients)

    assert traced_peak(step) < BORROWED


@pytest.mark.parametrize("name", ["cnn", "cnn with norms", "resnet_small"])
def test_a_convolutional_step_allocates_nothing_after_the_first(name: str) -> None:
    model = {
        "cnn": lambda: cnn(10, [16, 32], [64], dropout=0.1, conv_dropout=0.1),
        "cnn with norms": lambda: cnn(10, [16, 32], [64], norm="batch"),
        "resnet_small": lambda: resnet_small(10, [16, 32]),
    }[name]()
    samples = 64
    network = Network(model, (28, 28, 1), batch_size=samples, seed=0)
    loss, optimizer = CrossEntropy(), Adam(0.001)
    optimizer.bind(network.parameters)
    generator = np.random.default_rng(0)
    x = generator.standard_normal((samples, 28, 28, 1), dtype=np.float32)
    labels = generator.integers(10, size=samples)

    def step() -> None:
        for rows in (samples, samples - 9):
            loss.forward(network.forward(x[:rows], training=True), labels[:rows])
            network.backward(loss.backward())
            optimizer.step(network.parameters.values, network.parameters.gradients)

    assert traced_peak(step) < BORROWED


def test_large_batches_are_evaluated_in_parts() -> None:
    """Of a cnn's 1,000 images, only as many are worked on at a time as fit the cache."""
    generator = np.random.default_rng(0)
    network = Network(cnn(10, [16], [8]), (28, 28, 1), batch_size=1000, seed=0)
    x = generator.standard_normal((1000, 28, 28, 1), dtype=np.float32)
    tracemalloc.start()
    try:
        whole = network.forward(x).copy()
        assert tracemalloc.get_traced_memory()[1] < 1000 * 28 * 28 * 16 * 4 / 2
    finally:
        tracemalloc.stop()
    assert whole.shape == (1000, 10)
    for start in (0, 300, 990):
        part = network.forward(x[start : start + 10])
        np.testing.assert_allclose(part, whole[start : start + 10], rtol=1e-4, atol=1e-5)
    network.forward(x)
    with pytest.raises(UserError, match="evaluated 1000 samples in parts of 83; to differentiate"):
        network.backward(np.ones((1000, 10), np.float32))
    network.forward(x[:83])
    network.backward(np.ones((83, 10), np.float32))


def test_the_summary_counts_what_layers_cost() -> None:
    modules = [Conv2d(4, 3, padding="same"), ReLU(), BatchNorm(), Flatten(), Linear(5, bias=False)]
    network = Network(Sequential(modules), (6, 6, 2), batch_size=10, seed=0)
    rows = {row.kind: row for row in network.summary()}
    assert (rows["Conv2d"].parameters, rows["Conv2d"].buffers) == (3 * 3 * 2 * 4 + 4, 0)
    assert (rows["BatchNorm"].parameters, rows["BatchNorm"].buffers) == (8, 8)
    assert rows["Conv2d"].multiply_adds == 6 * 6 * 3 * 3 * 2 * 4
    assert rows["Linear"].multiply_adds == rows["Linear"].parameters == 6 * 6 * 4 * 5
    assert rows["ReLU"].multiply_adds == rows["Flatten"].multiply_adds == rows["Flatten"].memory == 0
    # The result, and a mask of booleans.
    assert rows["ReLU"].memory == 10 * 6 * 6 * 4 * 5


@pytest.mark.parametrize(("activation", "norm"), [("tanh", "batch"), ("relu", "none")])
def test_the_summarys_memory_is_what_training_takes(activation: str, norm: str) -> None:
    generator = np.random.default_rng(0)
    samples = 64
    model = cnn(10, [16, 16], activation=activation, norm=norm)
    network = Network(model, (28, 28, 1), batch_size=samples, seed=0)
    x = generator.standard_normal((samples, 28, 28, 1), dtype=np.float32)
    loss = CrossEntropy()
    promised = sum(row.memory for row in network.summary())
    tracemalloc.start()
    try:
        loss.forward(network.forward(x, training=True), generator.integers(10, size=samples))
        network.backward(loss.backward())
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    # NumPy's zeros, which are only read, take none from the system, but are counted here.
    assert taken == pytest.approx(promised, rel=0.25 if activation == "relu" else 0.05)
