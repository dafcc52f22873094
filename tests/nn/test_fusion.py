"""Modules that compute together: the same values and gradients as one after the other, ties included."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.errors import UserError
from swatch.nn import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    CrossEntropy,
    Flatten,
    Linear,
    MaxPool2d,
    Module,
    Network,
    ReLU,
    Residual,
    Sequential,
    Tanh,
    cnn,
    mlp,
)
from swatch.nn.conv_pool import ConvPool
from swatch.nn.gradcheck import TOLERANCE, check_network

ORDERS = st.sampled_from(["pool", "relu pool", "pool relu"])


def steps(network: Network) -> list[str]:
    """What the network runs."""
    return [type(step).__name__ for step in network.model._steps]  # type: ignore[attr-defined]


def model(order: str, channels: int, kernel: Any, padding: Any, bias: bool, window: Any) -> Sequential:
    modules: list[Module] = [Conv2d(channels, kernel, padding=padding, bias=bias)]
    modules += [ReLU() if word == "relu" else MaxPool2d(window) for word in order.split()]
    return Sequential(modules)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(5, 9), st.integers(5, 9), st.integers(1, 6)),
    order=ORDERS,
    kernel=st.sampled_from([2, 3, (1, 3), (5, 2)]),
    padding=st.sampled_from(["valid", "same", 1, (0, 1)]),
    window=st.sampled_from([2, 3, (2, 1), (1, 2), (3, 2)]),
    bias=st.booleans(),
    batch=st.integers(1, 40),
    ties=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_values_and_gradients_are_those_of_the_modules_one_by_one(
    shape: tuple[int, int, int],
    order: str,
    kernel: Any,
    padding: Any,
    window: Any,
    bias: bool,
    batch: int,
    ties: bool,
    seed: int,
) -> None:
    if kernel == (1, 3) and padding == 1:
        return  # a kernel that does not reach over the margin is left alone
    generator = np.random.default_rng(seed)

    def build(fused: bool) -> Network:
        described = model(order, 3, kernel, padding, bias, window)
        return Network(described, shape, batch_size=40, seed=1, dtype=np.float64, fused=fused)

    try:
        networks = (build(True), build(False))
    except UserError as error:
        assert "do not fit" in str(error)
        return
    assert steps(networks[0]) == ["ConvPool"]
    assert steps(networks[1])[0] == "Conv2d"
    x = generator.standard_normal((batch, *shape))
    values = generator.standard_normal(networks[0].parameters.size)
    if ties:
        x, values = np.round(x), np.round(values)
    gradient = generator.standard_normal((batch, *networks[0].output_shape))
    results = []
    for network in networks:
        network.parameters.values[:] = values
        y = network.forward(x, training=True).copy()
        grad = network.backward(gradient.copy(), input_gradient=True)
        assert grad is not None
        whole = network.parameters.gradients.copy()
        assert network.backward(gradient.copy()) is None
        np.testing.assert_allclose(network.parameters.gradients, whole, rtol=1e-10, atol=1e-10)
        results.append((y, grad, whole))
    for fused, single in zip(*results, strict=True):
        np.testing.assert_allclose(fused, single, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("training", [True, False])
def test_gradients_equal_finite_differences(training: bool, generator: np.random.Generator) -> None:
    modules = [*model("relu pool", 4, 3, "same", True, 2).children(), Conv2d(3, 2), MaxPool2d(2), Flatten()]
    network = Network(Sequential([*modules, Linear(3)]), (9, 8, 2), batch_size=3, seed=1, dtype=np.float64)
    assert steps(network) == ["ConvPool", "ConvPool", "Flatten", "Linear"]
    network.parameters.values += 0.1 * generator.standard_normal(network.parameters.size)
    x, labels = generator.standard_normal((3, 9, 8, 2)), generator.integers(3, size=3)
    rows = check_network(network, CrossEntropy(), x, labels, training=training, coordinates=30)
    assert max(row.error for row in rows) <= TOLERANCE, rows


class Own(Conv2d):
    """Somebody's own: what it computes is not known."""


@pytest.mark.parametrize(
    "modules",
    [
        [Conv2d(4, 3, stride=2), MaxPool2d(2)],
        [Conv2d(4, 1), MaxPool2d(2)],
        [Conv2d(4, 3), MaxPool2d(3, 2)],
        [Conv2d(4, 3), MaxPool2d(1)],
        [Conv2d(4, 3), AvgPool2d(2)],
        [Conv2d(4, 3), Tanh(), MaxPool2d(2)],
        [Conv2d(4, (1, 3), padding=1), MaxPool2d(2)],
        [Own(4, 3), MaxPool2d(2)],
        [Conv2d(4, 3), ReLU()],
    ],
)
def test_other_modules_run_one_by_one(modules: list[Module]) -> None:
    network = Network(Sequential(modules), (12, 12, 2), batch_size=1, seed=0)
    assert steps(network) == [type(module).__name__ for module in modules]


def test_fusion_goes_into_every_sequence() -> None:
    inner = Sequential([Conv2d(4, 3, padding="same"), ReLU(), MaxPool2d(2)])
    residual = Residual([Conv2d(4, 3, padding="same"), MaxPool2d(2)], [Conv2d(4, 1, 2)])
    network = Network(Sequential([inner, residual]), (8, 8, 2), batch_size=1, seed=0)
    assert [type(step).__name__ for step in inner._steps] == ["ConvPool"]
    assert [type(step).__name__ for step in residual.children()[0]._steps] == ["ConvPool"]  # type: ignore[attr-defined]
    assert [row.kind for row in network.summary()] == [
        "Conv2d",
        "ReLU",
        "MaxPool2d",
        "Conv2d",
        "MaxPool2d",
        "Conv2d",
        "Residual",
    ]


def test_the_summary_gives_the_memory_of_all_to_the_first() -> None:
    network = Network(cnn(10), (28, 28, 1), batch_size=64, seed=0)
    rows = {row.name: row.memory for row in network.summary()}
    assert rows["relu1"] == rows["maxpool1"] == 0
    single = Network(cnn(10), (28, 28, 1), batch_size=64, seed=0, fused=False)
    before = {row.name: row.memory for row in single.summary()}
    assert 0 < rows["conv1"] < (before["conv1"] + before["relu1"] + before["maxpool1"]) / 5


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))], ids=["deepcopy", "pickle"]
)
def test_copies_compute_the_same_and_share_nothing(duplicate: Any, generator: np.random.Generator) -> None:
    network = Network(cnn(5, [4, 6], [8]), (8, 8, 1), batch_size=6, seed=0)
    x = generator.standard_normal((6, 8, 8, 1), dtype=np.float32)
    gradient = network.forward(x, training=True).copy()
    twin = duplicate(network)
    network.backward(gradient.copy())
    twin.backward(gradient.copy())
    assert (network.parameters.gradients == twin.parameters.gradients).all()
    twin.parameters.values += 1
    assert (network.forward(x) != twin.forward(x)).any()
    twin.parameters.values[:] = network.parameters.values
    assert (network.forward(x) == twin.forward(x)).all()


def test_a_fused_name_tells_what_it_is() -> None:
    network = Network(cnn(10), (28, 28, 1), batch_size=1, seed=0)
    first = network.model._steps[0]  # type: ignore[attr-defined]
    assert isinstance(first, ConvPool)
    assert (first.name, first.output_shape) == ("conv1", (14, 14, 32))
    assert steps(Network(mlp(10), (28, 28, 1), batch_size=1, seed=0)) == [
        "Flatten",
        "Linear",
        "ReLU",
        "Linear",
        "ReLU",
        "Linear",
    ]


@settings(max_examples=30, deadline=None)
@given(
    shape=st.one_of(st.tuples(st.integers(1, 6)), st.tuples(*[st.integers(1, 5)] * 3)),
    batch=st.integers(1, 6),
    training=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_a_normalisation_rectifies_as_the_relu_behind_it(
    shape: tuple[int, ...], batch: int, training: bool, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    fused = Network(Sequential([BatchNorm(), ReLU()]), shape, batch_size=batch, seed=0, dtype=np.float64)
    norm = Network(BatchNorm(), shape, batch_size=batch, seed=0, dtype=np.float64)
    relu = Network(ReLU(), shape, batch_size=batch, seed=0, dtype=np.float64)
    assert steps(fused) == ["BatchNorm"]
    values = generator.standard_normal(fused.parameters.size)
    for network in (fused, norm):
        network.parameters.values[:] = values
    x, gradient = generator.standard_normal((2, batch, *shape))
    expected = relu.forward(norm.forward(x, training=training), training=training)
    np.testing.assert_allclose(fused.forward(x, training=training), expected, atol=1e-12)
    below = relu.backward(gradient.copy(), input_gradient=True)
    assert below is not None
    expected_gradient = norm.backward(below, input_gradient=True)
    found = fused.backward(gradient.copy(), input_gradient=True)
    assert found is not None and expected_gradient is not None
    np.testing.assert_allclose(found, expected_gradient, atol=1e-12)
    np.testing.assert_allclose(fused.parameters.gradients, norm.parameters.gradients, atol=1e-12)


def test_a_model_that_is_built_again_rectifies_only_what_it_is_told_to() -> None:
    norm = BatchNorm()
    Network(Sequential([norm, ReLU()]), (4,), batch_size=8, seed=0)
    network = Network(norm, (4,), batch_size=8, seed=0)
    x = np.random.default_rng(0).standard_normal((8, 4), dtype=np.float32)
    assert (network.forward(x, training=True) < 0).any()
