"""Every layer: gradients against finite differences, values against formulas, shapes that do not fit."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.errors import UserError
from swatch.nn import CrossEntropy, Dropout, Linear, Module, Network, ReLU, Sequential
from swatch.nn.activations import by_name
from swatch.nn.gradcheck import TOLERANCE, check_network

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
FORMULAS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "elu": lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1),
    "gelu": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "identity": lambda x: x,
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "relu": lambda x: np.where(x > 0, x, 0),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "sin": lambda x: (np.exp(1j * x)).imag,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1),
}


@pytest.mark.check("gradients")
@settings(max_examples=15, deadline=None)
@given(
    shape=SHAPES,
    batch=st.integers(1, 5),
    spare=st.integers(0, 3),
    seed=st.integers(0, 2**32),
    training=st.booleans(),
)
def test_gradients_equal_finite_differences(
    layer_class: type[Module],
    layer_network: Callable[..., Network],
    shape: tuple[int, ...],
    batch: int,
    spare: int,
    seed: int,
    training: bool,
) -> None:
    generator = np.random.default_rng(seed)
    network = layer_network(layer_class, shape, batch + spare, classes=3)
    network.parameters.values += 0.1 * generator.standard_normal(network.parameters.size)
    x = generator.standard_normal((batch, *network.input_shape))
    labels = generator.integers(3, size=batch)
    rows = check_network(network, CrossEntropy(), x, labels, training=training)
    assert max(row.error for row in rows) <= TOLERANCE, rows


@pytest.mark.check("smaller batches")
def test_a_smaller_batch_gives_the_same_rows(
    layer_class: type[Module], layer_network: Callable[..., Network], generator: np.random.Generator
) -> None:
    network = layer_network(layer_class, (6,), 8)
    x = generator.standard_normal((8, *network.input_shape))
    whole = network.forward(x).copy()
    for samples in (3, 8, 1, 5):
        np.testing.assert_allclose(network.forward(x[:samples]), whole[:samples], rtol=1e-12)


@pytest.mark.check("input left alone")
def test_the_input_is_left_alone(
    layer_class: type[Module], layer_network: Callable[..., Network], generator: np.random.Generator
) -> None:
    network = layer_network(layer_class, (6,), 4)
    x = generator.standard_normal((4, *network.input_shape))
    before = x.copy()
    network.backward(network.forward(x, training=True).copy(), input_gradient=True)
    assert (x == before).all()


@pytest.mark.check("copies")
def test_a_layer_copied_between_forward_and_backward_goes_on(
    layer_class: type[Module], layer_network: Callable[..., Network], generator: np.random.Generator
) -> None:
    network = layer_network(layer_class, (6,), 4, np.float32)
    x = generator.standard_normal((4, *network.input_shape), dtype=np.float32)
    gradient = network.forward(x, training=True).copy()
    network.backward(gradient.copy(), input_gradient=True)
    network.forward(x, training=True)
    twin = copy.deepcopy(network)
    results = []
    for each, factor in ((twin, 3), (network, 2)):
        grad = each.backward(gradient.copy(), input_gradient=True)
        assert grad is not None
        results.append((grad.copy(), each.parameters.gradients.copy()))
        # What one computes next changes nothing of the other.
        each.forward(factor * x)
    for copied, own in zip(*results, strict=True):
        assert (own == copied).all()
    network.set_random_state(twin.random_state())
    assert (network.forward(x) == twin.forward(x)).all()


SOME_SHAPES = [(1,), (5,), (3, 3), (1, 1, 1), (2, 2, 1), (4, 4, 4), (6, 5, 2), (3, 3, 3, 3)]


@pytest.mark.check("bad shapes")
@pytest.mark.parametrize("shape", SOME_SHAPES, ids=str)
def test_a_shape_is_taken_or_refused_by_the_layers_name(
    layer_class: type[Module], make_layer: Callable[[type[Module]], Module], shape: tuple[int, ...]
) -> None:
    """What is taken works; what is not says which layer, what came and what it takes."""
    try:
        network = Network(Sequential([make_layer(layer_class)]), shape, batch_size=2, seed=0)
    except UserError as error:
        came = [str(shape), "x".join(map(str, shape[:2])), f"{len(shape)} axes"]
        assert re.match(rf"\w*\.?{layer_class.__name__.lower()[:4]}\w*1\b", str(error)), str(error)
        assert any(text in str(error) for text in came if text), str(error)
        return
    x = np.random.default_rng(0).standard_normal((2, *shape)).astype(np.float32)
    y = network.forward(x, training=True)
    assert y.shape == (2, *network.output_shape)
    assert np.isfinite(y).all()
    gradient = network.backward(y.copy(), input_gradient=True)
    assert gradient is not None and gradient.shape == x.shape
    with pytest.raises(UserError, match="the network takes samples of shape"):
        network.forward(np.zeros((2, *shape, 1), np.float32))


@pytest.mark.check("formula")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_are_their_formulas(
    activation_name: str, dtype: type, generator: np.random.Generator
) -> None:
    x = (3 * generator.standard_normal((5, 40))).astype(dtype)
    if activation_name not in FORMULAS:
        pytest.skip(f"there is no formula of {activation_name} to compare with")
    y = Network(by_name(activation_name), (40,), batch_size=5, seed=0, dtype=dtype).forward(x)
    assert y.dtype == dtype
    expected = FORMULAS[activation_name](x.astype(np.float64))
    np.testing.assert_allclose(y, expected, rtol=1e-5 if dtype == np.float32 else 1e-12, atol=1e-6)


@pytest.mark.check("finite at ±10,000")
def test_activations_stay_finite_at_the_ends(activation_name: str) -> None:
    x = np.array([[-1e4, -100, -0.0, 0.0, 100, 1e4]], np.float32)
    network = Network(by_name(activation_name), (6,), batch_size=1, seed=0)
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(network.forward(x)).all()
        gradient = network.backward(np.ones_like(x), input_gradient=True)
    assert gradient is not None
    assert np.isfinite(gradient).all()


def test_relu_lets_nothing_through_at_zero() -> None:
    network = Network(ReLU(), (3,), batch_size=1, seed=0, dtype=np.float64)
    network.forward(np.array([[0.0, -1.0, 2.0]]))
    gradient = network.backward(np.full((1, 3), 5.0), input_gradient=True)
    assert gradient is not None
    assert gradient.tolist() == [[0, 0, 5]]


def test_an_unknown_activation_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"not 'sigmod'\. Did you mean 'sigmoid'\?"):
        by_name("sigmod")


@pytest.mark.check("definition", layer="Linear")
def test_linear_is_its_formula(generator: np.random.Generator) -> None:
    network = Network(Linear(4), (6,), batch_size=5, seed=0, dtype=np.float64)
    weight, bias = (segment.view for segment in network.parameters)
    bias[...] = generator.standard_normal(4)
    x, g = generator.standard_normal((5, 6)), generator.standard_normal((5, 4))
    np.testing.assert_allclose(network.forward(x), np.einsum("ni,io->no", x, weight) + bias)
    np.testing.assert_allclose(network.backward(g, input_gradient=True), np.einsum("no,io->ni", g, weight))
    weight_gradient, bias_gradient = (segment.gradient for segment in network.parameters)
    np.testing.assert_allclose(weight_gradient, np.einsum("ni,no->io", x, g))
    np.testing.assert_allclose(bias_gradient, g.sum(axis=0))


def test_linear_without_bias_has_none() -> None:
    network = Network(Linear(4, bias=False), (6,), batch_size=2, seed=0)
    assert [segment.role for segment in network.parameters] == ["weight"]
    assert (network.forward(np.zeros((2, 6), np.float32)) == 0).all()


def test_linear_says_what_it_takes() -> None:
    with pytest.raises(UserError, match=r"linear1 takes vectors.*\(8, 8, 1\).*Flatten"):
        Network(Sequential([Linear(4)]), (8, 8, 1), batch_size=2, seed=0)
    with pytest.raises(UserError, match="outputs must be at least 1, found 0"):
        Linear(0)


@pytest.mark.check("definition", layer="Dropout")
@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_dropout_drops_as_often_as_it_says_and_keeps_the_mean(probability: float) -> None:
    samples, features = 500, 200
    network = Network(Dropout(probability), (features,), batch_size=samples, seed=3)
    y = network.forward(np.ones((samples, features), np.float32), training=True)
    count = samples * features
    dropped = np.count_nonzero(y == 0)
    deviation = np.sqrt(count * probability * (1 - probability))
    assert abs(dropped - count * probability) < 5 * deviation
    assert np.unique(y).tolist() == pytest.approx([0, 1 / (1 - probability)])
    assert abs(y.mean() - 1) < 5 * deviation / count / (1 - probability)
    # No feature and no sample is spared.
    assert abs((y == 0).mean(axis=0) - probability).max() < 6 * np.sqrt(
        probability * (1 - probability) / samples
    )
    assert abs((y == 0).mean(axis=1) - probability).max() < 6 * np.sqrt(
        probability * (1 - probability) / features
    )


def test_dropout_drops_the_gradient_of_what_it_dropped() -> None:
    network = Network(Dropout(0.5), (50,), batch_size=20, seed=3)
    ones = np.ones((20, 50), np.float32)
    y = network.forward(ones, training=True).copy()
    gradient = network.backward(ones.copy(), input_gradient=True)
    assert gradient is not None
    assert (gradient == y).all()
    assert (network.forward(ones, training=True) != y).any()


def test_dropout_does_nothing_in_evaluation() -> None:
    network = Network(Dropout(0.5), (50,), batch_size=2, seed=3)
    x = np.arange(100, dtype=np.float32).reshape(2, 50)
    state = network.random_state()
    assert (network.forward(x) == x).all()
    gradient = network.backward(x.copy(), input_gradient=True)
    assert gradient is not None
    assert (gradient == x).all()
    assert network.random_state() == state


@pytest.mark.parametrize("probability", [-0.1, 1.0, 1.5, float("nan")])
def test_dropout_refuses_what_is_no_probability(probability: float) -> None:
    with pytest.raises(UserError, match=r"dropout must be in \[0, 1\)"):
        Dropout(probability)
