"""Networks: construction, copies, seeds, what they refuse."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from swatch.errors import UserError
from swatch.nn import (
    CrossEntropy,
    Dropout,
    Flatten,
    Linear,
    Module,
    Network,
    ReLU,
    Sequential,
    mlp,
)
from swatch.nn.activations import by_name
from swatch.optim import Adam


def small(seed: int = 0, dtype: type = np.float32, dropout: float = 0.3) -> Network:
    return Network(mlp(3, [8, 5], dropout=dropout), (4, 2), batch_size=6, seed=seed, dtype=dtype)


def batch(samples: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.standard_normal((samples, 4, 2), dtype=np.float32), generator.integers(3, size=samples)


def train(network: Network, steps: int) -> list[float]:
    loss, optimizer = CrossEntropy(), Adam(0.01)
    optimizer.bind(network.parameters)
    values = []
    for number in range(steps):
        x, labels = batch(samples=6 if number % 3 else 4, seed=number)
        values.append(loss.forward(network.forward(x, training=True), labels))
        network.backward(loss.backward())
        optimizer.step(network.parameters.values, network.parameters.gradients)
    return values


def test_a_sequence_needs_modules_of_its_own() -> None:
    with pytest.raises(UserError, match="at least one module"):
        Sequential([])
    layer = ReLU()
    with pytest.raises(UserError, match="the same module twice"):
        Sequential([layer, Linear(2), layer])


def test_the_seed_decides_bit_for_bit() -> None:
    assert train(small(seed=3), 20) == train(small(seed=3), 20)
    assert train(small(seed=3), 20) != train(small(seed=4), 20)
    first, second = small(seed=3), small(seed=3)
    train(first, 20)
    train(second, 20)
    assert (first.parameters.values == second.parameters.values).all()


def test_initial_values_depend_on_the_layer_alone() -> None:
    """Another activation, or one more layer above, leaves the first layer's numbers as they were."""
    first = Network(mlp(3, [8]), (4,), batch_size=1, seed=0)
    second = Network(mlp(3, [8, 6], activation="tanh", dropout=0.5), (4,), batch_size=1, seed=0)
    assert (first.parameters.segments[0].view == second.parameters.segments[0].view).all()


def test_float64_starts_where_float32_does() -> None:
    single, double = small(), small(dtype=np.float64)
    assert (double.parameters.values.astype(np.float32) == single.parameters.values).all()
    assert all((s.view == 0).all() for s in single.parameters if s.role == "bias")


def test_random_state_goes_through_json_and_repeats_dropout() -> None:
    network, (x, _) = small(), batch()
    network.forward(x, training=True)
    state = json.loads(json.dumps(network.random_state()))
    expected = network.forward(x, training=True).copy()
    other = small(seed=0)
    other.set_random_state(state)
    assert (other.forward(x, training=True) == expected).all()
    with pytest.raises(ValueError, match="dropout1"):
        other.set_random_state({})


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))], ids=["deepcopy", "pickle"]
)
def test_a_copy_trains_by_itself_and_alike(duplicate: Callable[[Network], Network]) -> None:
    network = small()
    train(network, 5)
    twin = duplicate(network)
    untouched = network.parameters.values.copy()
    twins_losses = train(twin, 5)
    assert (network.parameters.values == untouched).all()
    assert (twin.parameters.values != untouched).any()
    assert train(network, 5) == twins_losses
    assert (network.parameters.values == twin.parameters.values).all()


def test_a_copy_between_forward_and_backward_goes_on() -> None:
    network, loss, (x, labels) = small(), CrossEntropy(), batch()
    loss.forward(network.forward(x, training=True), labels)
    twin, twins_loss = copy.deepcopy((network, loss))
    network.backward(loss.backward())
    twin.backward(twins_loss.backward())
    assert (twin.parameters.gradients == network.parameters.gradients).all()
    assert twin.parameters.gradients.any()


class Recorder(Linear):
    """Tells whether the gradient of its input was computed."""

    asked: bool | None = None

    def backward(self, grad_output: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        self.asked = input_gradient
        return super().backward(grad_output, input_gradient)


class Untouchable(Dropout):
    """Nothing below the first parameters has to be differentiated in training."""

    def backward(self, grad_output: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        raise AssertionError("differentiated although nobody needs it")


@pytest.mark.parametrize("nested", [False, True])
def test_training_skips_the_gradient_of_the_input(nested: bool) -> None:
    first, second = Recorder(4), Recorder(3)
    beginning: list[Module] = [Untouchable(0.1), Flatten(), first, ReLU()]
    model = Sequential([Sequential(beginning), second] if nested else [*beginning, second])
    network = Network(model, (6,), batch_size=2, seed=0)
    network.forward(np.ones((2, 6), np.float32), training=True)
    assert network.backward(np.ones((2, 3), np.float32)) is None
    assert (first.asked, second.asked) == (False, True)


def test_a_model_without_parameters_trains_nothing() -> None:
    network = Network(Sequential([Flatten(), ReLU()]), (2, 2), batch_size=1, seed=0)
    network.forward(np.ones((1, 2, 2), np.float32), training=True)
    assert network.parameters.size == 0
    assert network.backward(np.ones((1, 4), np.float32)) is None


def test_what_does_not_fit_is_refused() -> None:
    network = small()
    x, _ = batch()
    for wrong, message in (
        (x[:, :3], r"takes samples of shape \(4, 2\), found \(3, 2\)"),
        (x.astype(np.float64), "takes float32, found float64"),
        (x[:0], "at least 1 sample, found an empty one"),
        (np.concatenate([x, x]), "batches of at most 6 samples, found 12"),
    ):
        with pytest.raises(UserError, match=message):
            network.forward(wrong)
    network.forward(x)
    for gradient in (np.ones((5, 3), np.float32), np.ones((6, 4), np.float32), np.ones((6, 3))):
        with pytest.raises(UserError, match=r"the last forward returned float32 \(6, 3\)"):
            network.backward(gradient)
    with pytest.raises(UserError, match="batch_size must be at least 1, found 0"):
        Network(mlp(3), (4,), batch_size=0, seed=0)
    for shape in ((), (0,), (28, 28, 0), (-1, 3)):
        with pytest.raises(UserError, match=r"^input_shape must have axes, each of at least 1, found \("):
            Network(mlp(3), shape, batch_size=1, seed=0)


@pytest.mark.check("whole model")
def test_every_activation_can_be_a_whole_model(activation_name: str) -> None:
    x = np.linspace(-2, 2, 6, dtype=np.float32).reshape(2, 3)
    network = Network(by_name(activation_name), (3,), batch_size=2, seed=0)
    assert network.forward(x).shape == (2, 3)
