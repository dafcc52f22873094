"""BatchNorm and LayerNorm: values, running averages, gradients, and what they refuse."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.errors import UserError
from swatch.nn import BatchNorm, CrossEntropy, Flatten, LayerNorm, Linear, Module, Network, Sequential
from swatch.nn.gradcheck import TOLERANCE, check_network
from swatch.optim import AdamW

SHAPES = st.one_of(
    st.tuples(st.integers(1, 6)),
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4)),
)


def randomised(network: Network, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Give the only layer a scale and a shift of its own, and return them."""
    network.parameters.values[:] = generator.standard_normal(network.parameters.size)
    scale, shift = (segment.view for segment in network.parameters)
    return scale, shift


@pytest.mark.check("definition", layer="BatchNorm")
@settings(max_examples=40, deadline=None)
@given(shape=SHAPES, batch=st.integers(1, 6), seed=st.integers(0, 2**32))
def test_batch_norm_is_its_definition(shape: tuple[int, ...], batch: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    network = Network(BatchNorm(momentum=0.3), shape, batch_size=batch, seed=0, dtype=np.float64)
    scale, shift = randomised(network, generator)
    running_mean, running_variance = np.zeros(shape[-1]), np.ones(shape[-1])
    for _ in range(3):
        x = 3 + 2 * generator.standard_normal((batch, *shape))
        numbers = x.reshape(-1, shape[-1])
        mean, variance = numbers.mean(axis=0), numbers.var(axis=0)
        y = network.forward(x, training=True)
        np.testing.assert_allclose(y, scale * (x - mean) / np.sqrt(variance + 1e-5) + shift, atol=1e-9)
        running_mean = 0.7 * running_mean + 0.3 * mean
        if len(numbers) > 1:
            running_variance = 0.7 * running_variance + 0.3 * numbers.var(axis=0, ddof=1)
    np.testing.assert_allclose(network.buffers["/mean"], running_mean)
    np.testing.assert_allclose(network.buffers["/variance"], running_variance)
    y = network.forward(x)
    expected = scale * (x - running_mean) / np.sqrt(running_variance + 1e-5) + shift
    np.testing.assert_allclose(y, expected, atol=1e-9)
    np.testing.assert_allclose(network.buffers["/mean"], running_mean)


@pytest.mark.check("definition", layer="LayerNorm")
@settings(max_examples=30, deadline=None)
@given(shape=SHAPES, batch=st.integers(1, 4), seed=st.integers(0, 2**32))
def test_layer_norm_is_its_definition(shape: tuple[int, ...], batch: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    network = Network(LayerNorm(), shape, batch_size=batch + 1, seed=0, dtype=np.float64)
    scale, shift = randomised(network, generator)
    x = 3 + 2 * generator.standard_normal((batch, *shape))
    centred = x - x.mean(axis=-1, keepdims=True)
    expected = scale * centred / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5) + shift
    for training in (True, False):
        np.testing.assert_allclose(network.forward(x, training=training), expected, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    shape=SHAPES,
    batch=st.integers(2, 5),
    training=st.booleans(),
    batch_norm=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_gradients_equal_finite_differences(
    shape: tuple[int, ...], batch: int, training: bool, batch_norm: bool, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    layer: Module = BatchNorm() if batch_norm else LayerNorm()
    model = Sequential([layer, Flatten(), Linear(3, "xavier_normal")])
    network = Network(model, shape, batch_size=batch, seed=1, dtype=np.float64)
    network.parameters.values += 0.3 * generator.standard_normal(network.parameters.size)
    x, labels = generator.standard_normal((batch, *shape)), generator.integers(3, size=batch)
    # Running averages other than those at the start.
    network.forward(2 + 3 * x, training=True)
    rows = check_network(network, CrossEntropy(), x, labels, training=training)
    assert max(row.error for row in rows) <= TOLERANCE, rows


@pytest.mark.parametrize("shape", [(40,), (14, 14, 24)])
def test_batch_norm_takes_numbers_far_from_zero(
    shape: tuple[int, ...], generator: np.random.Generator
) -> None:
    """The mean of the squares minus the square of the mean would have no digits left."""
    x = (1000 + generator.standard_normal((64, *shape))).astype(np.float32)
    y = Network(BatchNorm(), shape, batch_size=64, seed=0).forward(x, training=True)
    numbers = y.reshape(-1, shape[-1]).astype(np.float64)
    np.testing.assert_allclose(numbers.mean(axis=0), 0, atol=2e-3)
    np.testing.assert_allclose(numbers.std(axis=0), 1, atol=2e-2)


@pytest.mark.parametrize("shape", [(40,), (14, 14, 24)])
@pytest.mark.parametrize("layer", [BatchNorm, LayerNorm])
def test_single_precision_agrees_with_double(
    layer: type[Module], shape: tuple[int, ...], generator: np.random.Generator
) -> None:
    x, gradient = generator.standard_normal((2, 64, *shape))
    results = []
    for dtype in (np.float32, np.float64):
        network = Network(layer(), shape, batch_size=64, seed=0, dtype=dtype)
        y = network.forward(x.astype(dtype), training=True).copy()
        found = network.backward(gradient.astype(dtype), input_gradient=True)
        results.append((y, found, network.parameters.gradients))
    for single, double in zip(*results, strict=True):
        np.testing.assert_allclose(single, double, atol=2e-5 * np.abs(double).max())


def test_one_vector_alone_has_no_variance() -> None:
    network = Network(BatchNorm(), (3,), batch_size=1, seed=0)
    y = network.forward(np.array([[1, 2, 3]], np.float32), training=True)
    assert (y == 0).all()
    assert (network.buffers["/variance"] == 1).all()
    np.testing.assert_allclose(network.buffers["/mean"], [0.1, 0.2, 0.3])


@pytest.mark.parametrize("layer", [BatchNorm, LayerNorm])
def test_weight_decay_leaves_scale_and_shift_alone(layer: type[Module]) -> None:
    network = Network(Sequential([Linear(4), layer()]), (5,), batch_size=1, seed=0)
    assert [segment.role for segment in network.parameters] == ["weight", "bias", "scale", "shift"]
    weight, bias, scale, shift = (segment.view for segment in network.parameters)
    assert (scale == 1).all() and (shift == 0).all()
    before = weight.copy()
    bias += 1
    shift += 1
    optimizer = AdamW(learning_rate=0.1, weight_decay=0.5)
    optimizer.bind(network.parameters)
    optimizer.step(network.parameters.values, network.parameters.gradients)
    np.testing.assert_allclose(weight, 0.95 * before, rtol=1e-6)
    assert (bias == 1).all() and (scale == 1).all() and (shift == 1).all()


def test_running_averages_are_buffers_that_a_copy_shares_with_its_layer() -> None:
    network = Network(Sequential([BatchNorm(), Sequential([BatchNorm()])]), (3,), batch_size=4, seed=0)
    names = ["batchnorm1/mean", "batchnorm1/variance", "sequential1.batchnorm1/mean"]
    assert list(network.buffers)[:3] == names
    twin = copy.deepcopy(network)
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    twin.forward(x, training=True)
    assert (network.buffers["batchnorm1/mean"] == 0).all()
    assert (twin.buffers["batchnorm1/mean"] != 0).all()
    for name, buffer in network.buffers.items():
        buffer[...] = twin.buffers[name]
    assert (network.forward(x) == twin.forward(x)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"momentum": 0.0}, r"^momentum must be in \(0, 1\], found 0.0"),
        ({"momentum": 1.5}, r"^momentum must be in \(0, 1\], found 1.5"),
        ({"epsilon": 0.0}, "^epsilon must be a finite number above 0, found 0.0"),
        ({"epsilon": float("nan")}, "^epsilon must be a finite number above 0"),
    ],
)
def test_bad_arguments_are_named_first(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(UserError, match=message):
        BatchNorm(**arguments)
    if "epsilon" in arguments:
        with pytest.raises(UserError, match=message):
            LayerNorm(**arguments)
