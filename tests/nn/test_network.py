"""Networks: construction, copies, seeds, the memory of a step, what they refuse."""

from __future__ import annotations

import copy
import json
import pickle
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from swatch.errors import UserError
from swatch.nn import CrossEntropy, Dropout, Flatten, Linear, Module, Network, ReLU, Sequential, mlp
from swatch.nn.activation import by_name
from swatch.optim import Adam

# What NumPy borrows for the time of a broadcast: 8,192 elements at most, whatever the size of the arrays. The
# arrays in these tests are several times as large.
BORROWED = 48_000


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


def traced_peak(step: Callable[[], object]) -> int:
    """Bytes that a step allocates at once, after the first steps."""
    for _ in range(2):
        step()
    tracemalloc.start()
    try:
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


def test_layers_allocate_nothing_after_the_first_step(
    layer_class: type[Module], new_layer: Callable[[type[Module]], Module]
) -> None:
    samples, features = 128, 512
    network = Network(Sequential([new_layer(layer_class)]), (features,), batch_size=samples, seed=0)
    x = np.ones((samples, features), np.float32)
    gradient = np.ones((samples, *network.output_shape), np.float32)

    def step() -> None:
        for rows in (samples, samples - 50):
            network.forward(x[:rows], training=True)
            network.backward(gradient[:rows], input_gradient=True)

    assert x.nbytes > 5 * BORROWED
    assert traced_peak(step) < BORROWED


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_a_training_step_allocates_nothing_after_the_first(activation_name: str, dropout: float) -> None:
    samples = 256
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


def test_every_activation_can_be_a_whole_model(activation_name: str) -> None:
    x = np.linspace(-2, 2, 6, dtype=np.float32).reshape(2, 3)
    network = Network(by_name(activation_name), (3,), batch_size=2, seed=0)
    assert network.forward(x).shape == (2, 3)
