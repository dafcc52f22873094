"""Residual: both ways count, in values, gradients and names; what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.errors import UserError
from swatch.nn import (
    BatchNorm,
    Conv2d,
    CrossEntropy,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    Module,
    Network,
    ReLU,
    Residual,
    Sequential,
    Tanh,
)
from swatch.nn.gradcheck import TOLERANCE, check_network


def block(channels: int, stride: int, projected: bool) -> Residual:
    body: list[Module] = [
        Conv2d(channels, 3, stride, "same", bias=False),
        BatchNorm(),
        Tanh(),
        Conv2d(channels, 3, 1, "same"),
    ]
    return Residual(body, [Conv2d(channels, 1, stride), BatchNorm()] if projected else None)


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(2, 5),
    stride=st.integers(1, 2),
    projected=st.booleans(),
    batch=st.integers(2, 3),
    training=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_gradients_equal_finite_differences(
    size: int, stride: int, projected: bool, batch: int, training: bool, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    modules = [Conv2d(3, 2), block(3, stride if projected else 1, projected), Dropout(0.3)]
    model = Sequential([*modules, GlobalAvgPool2d(), Linear(3)])
    network = Network(model, (size, size + 1, 2), batch_size=batch, seed=1, dtype=np.float64)
    network.parameters.values += 0.1 * generator.standard_normal(network.parameters.size)
    x, labels = generator.standard_normal((batch, size, size + 1, 2)), generator.integers(3, size=batch)
    rows = check_network(network, CrossEntropy(), x, labels, training=training, coordinates=10)
    assert max(row.error for row in rows) <= TOLERANCE, rows


@pytest.mark.check("definition", layer="Residual")
def test_the_ways_are_added() -> None:
    x = np.array([[1.0, -2.0]])
    for shortcut, expected in ((None, [[2.0, -2.0]]), ([Tanh()], [1 + np.tanh(1), np.tanh(-2)])):
        network = Network(Residual([ReLU()], shortcut), (2,), batch_size=1, seed=0, dtype=np.float64)
        np.testing.assert_allclose(network.forward(x), np.reshape(expected, (1, 2)))
    network = Network(Residual([ReLU()]), (2,), batch_size=1, seed=0, dtype=np.float64)
    network.forward(x)
    gradient = network.backward(np.array([[10.0, 20.0]]), input_gradient=True)
    assert gradient is not None
    assert gradient.tolist() == [[20, 20]]


def test_a_way_that_overwrites_its_gradient_spoils_no_other(generator: np.random.Generator) -> None:
    """Activations and norms differentiate in place."""
    network = Network(Residual([Tanh(), Tanh()], [Tanh()]), (4,), batch_size=3, seed=0, dtype=np.float64)
    x, gradient = generator.standard_normal((2, 3, 4))
    network.forward(x)
    found = network.backward(gradient.copy(), input_gradient=True)
    t, tt = np.tanh(x), np.tanh(np.tanh(x))
    np.testing.assert_allclose(found, gradient * ((1 - tt**2) * (1 - t**2) + (1 - t**2)))


@pytest.mark.parametrize("projected", [True, False])
def test_parameters_are_trained_where_the_input_is_not_differentiated(
    projected: bool, generator: np.random.Generator
) -> None:
    network = Network(block(3, 1, projected), (4, 4, 3), batch_size=2, seed=0, dtype=np.float64)
    x, gradient = generator.standard_normal((2, 2, 4, 4, 3))
    network.forward(x, training=True)
    assert network.backward(gradient.copy()) is None
    spared = network.parameters.gradients.copy()
    network.backward(gradient.copy(), input_gradient=True)
    np.testing.assert_allclose(network.parameters.gradients, spared, rtol=1e-10, atol=1e-12)
    assert np.count_nonzero(spared) > spared.size / 2


def test_names_tell_the_way() -> None:
    network = Network(Sequential([block(4, 2, True)]), (6, 6, 3), batch_size=1, seed=0)
    names = [row.name for row in network.summary()]
    assert names == [
        "residual1.conv1",
        "residual1.batchnorm1",
        "residual1.tanh1",
        "residual1.conv2",
        "residual1.shortcut.conv1",
        "residual1.shortcut.batchnorm1",
        "residual1",
    ]
    assert network.parameters.segments[0].name == "residual1.conv1/weight"
    assert "residual1.shortcut.batchnorm1/mean" in network.buffers


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(
        UserError, match=r"residual1 adds .*\(3, 3, 4\), to .*\(6, 6, 4\); give it a shortcut"
    ):
        Network(Sequential([block(4, 2, False)]), (6, 6, 4), batch_size=1, seed=0)
    with pytest.raises(UserError, match=r"residual1 adds .*\(5,\), to .*\(7,\)"):
        Network(Sequential([Flatten(), Residual([Linear(5)], [Linear(7)])]), (3,), batch_size=1, seed=0)
    with pytest.raises(UserError, match="at least one module"):
        Residual([])
    with pytest.raises(UserError, match="at least one module"):
        Residual([ReLU()], [])
