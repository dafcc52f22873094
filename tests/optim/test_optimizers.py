"""Every optimizer: against its paper's formulas, decay, blocks, copies, resume, memory."""

from __future__ import annotations

import copy
import inspect
import pickle
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from swatch.errors import UserError
from swatch.nn import Parameters
from swatch.optim import Adam, Optimizer, optimizer

STEPS = 50
Reference = Callable[[list[np.ndarray], np.ndarray, list[dict[str, float]]], np.ndarray]


def parameters_of(weights: int, biases: int, dtype: type = np.float64, seed: int = 0) -> Parameters:
    parameters = Parameters(dtype)
    parameters.add("linear1", "weight", (weights,))
    parameters.add("linear1", "bias", (biases,))
    parameters.allocate()
    parameters.values[:] = np.random.default_rng(seed).standard_normal(parameters.size)
    return parameters


def gradients_of(size: int, steps: int = STEPS, seed: int = 1) -> list[np.ndarray]:
    """Gradients of very different sizes, some of them zero."""
    generator = np.random.default_rng(seed)
    scales = 10.0 ** generator.uniform(-6, 2, size)
    scales[::7] = 0
    return [scales * generator.standard_normal(size) for _ in range(steps)]


# The papers' formulas, element by element and in float64, written without a look at swatch.optim.
def sgd(gradients: list[np.ndarray], theta: np.ndarray, steps: list[dict[str, float]]) -> np.ndarray:
    for g, h in zip(gradients, steps, strict=True):
        theta = theta - h["learning_rate"] * g
    return theta


def momentum(gradients: list[np.ndarray], theta: np.ndarray, steps: list[dict[str, float]]) -> np.ndarray:
    velocity = np.zeros_like(theta)
    for g, h in zip(gradients, steps, strict=True):
        velocity = h["momentum"] * velocity + g
        theta = theta - h["learning_rate"] * velocity
    return theta


def adam(gradients: list[np.ndarray], theta: np.ndarray, steps: list[dict[str, float]]) -> np.ndarray:
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    product1, product2 = 1.0, 1.0
    for g, h in zip(gradients, steps, strict=True):
        m = h["beta1"] * m + (1 - h["beta1"]) * g
        v = 0.999 * v + (1 - 0.999) * g**2
        product1, product2 = product1 * h["beta1"], product2 * 0.999
        m_hat, v_hat = m / (1 - product1), v / (1 - product2)
        theta = theta - h["learning_rate"] * m_hat / (np.sqrt(v_hat) + 1e-8)
    return theta


def nesterov(gradients: list[np.ndarray], theta: np.ndarray, steps: list[dict[str, float]]) -> np.ndarray:
    velocity = np.zeros_like(theta)
    for g, h in zip(gradients, steps, strict=True):
        velocity = h["momentum"] * velocity + g
        theta = theta - h["learning_rate"] * (g + h["momentum"] * velocity)
    return theta


def adagrad(gradients: list[np.ndarray], theta: np.ndarray, steps: list[dict[str, float]]) -> np.ndarray:
    total = np.zeros_like(theta)
    for g, h in zip(gradients, steps, strict=True):
        total = total + g**2
        theta = theta - h["learning_rate"] * g / (np.sqrt(total) + 1e-10)
    return theta


def rmsprop(gradients: list[np.ndarray], theta: np.ndarray, steps: list[dict[str, float]]) -> np.ndarray:
    v = np.zeros_like(theta)
    for g, h in zip(gradients, steps, strict=True):
        v = 0.99 * v + 0.01 * g**2
        theta = theta - h["learning_rate"] * g / (np.sqrt(v) + 1e-8)
    return theta


def adamw(gradients: list[np.ndarray], theta: np.ndarray, steps: list[dict[str, float]]) -> np.ndarray:
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    product1 = product2 = 1.0
    is_weight = np.arange(len(theta)) < 900
    for g, h in zip(gradients, steps, strict=True):
        theta = np.where(is_weight, theta - h["learning_rate"] * 0.01 * theta, theta)
        m = h["beta1"] * m + (1 - h["beta1"]) * g
        v = 0.999 * v + (1 - 0.999) * g**2
        product1, product2 = product1 * h["beta1"], product2 * 0.999
        theta = theta - h["learning_rate"] * (m / (1 - product1)) / (np.sqrt(v / (1 - product2)) + 1e-8)
    return theta


def nadam(gradients: list[np.ndarray], theta: np.ndarray, steps: list[dict[str, float]]) -> np.ndarray:
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    product1 = product2 = 1.0
    for g, h in zip(gradients, steps, strict=True):
        beta1 = h["beta1"]
        m = beta1 * m + (1 - beta1) * g
        v = 0.999 * v + (1 - 0.999) * g**2
        product1, product2 = product1 * beta1, product2 * 0.999
        m_bar = beta1 * m / (1 - product1 * beta1) + (1 - beta1) * g / (1 - product1)
        theta = theta - h["learning_rate"] * m_bar / (np.sqrt(v / (1 - product2)) + 1e-8)
    return theta


def lion(gradients: list[np.ndarray], theta: np.ndarray, steps: list[dict[str, float]]) -> np.ndarray:
    m = np.zeros_like(theta)
    for g, h in zip(gradients, steps, strict=True):
        theta = theta - h["learning_rate"] * np.sign(0.9 * m + (1 - 0.9) * g)
        m = 0.99 * m + (1 - 0.99) * g
    return theta


def eve(gradients: list[np.ndarray], theta: np.ndarray, steps: list[dict[str, float]]) -> np.ndarray:
    m, v, d = np.zeros_like(theta), np.zeros_like(theta), 1.0
    product1 = product2 = 1.0
    last = None
    for g, h in zip(gradients, steps, strict=True):
        m = h["beta1"] * m + (1 - h["beta1"]) * g
        v = 0.999 * v + (1 - 0.999) * g**2
        product1, product2 = product1 * h["beta1"], product2 * 0.999
        if last is not None:
            d = 0.999 * d + 0.001 * np.clip(abs(h["loss"] - last) / min(h["loss"], last), 0.1, 10)
        last = h["loss"]
        m_hat, v_hat = m / (1 - product1), v / (1 - product2)
        theta = theta - h["learning_rate"] / d * m_hat / (np.sqrt(v_hat) + 1e-8)
    return theta


# One for every file of conf/optimizer: the test below says which one lacks it.
REFERENCES: dict[str, Reference] = {
    reference.__name__: reference
    for reference in (sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, nadam, lion, eve)
}


def constant(base: Mapping[str, float], step: int) -> dict[str, float]:
    return dict(base)


def cycled(base: Mapping[str, float], step: int) -> dict[str, float]:
    """Everything moves up and down, as in a one-cycle schedule."""
    wave = 0.5 + 0.5 * np.cos(step / 7)
    return {
        name: value * (0.2 + wave) if name == "learning_rate" else 0.8 + 0.19 * wave
        for name, value in base.items()
    }


@pytest.mark.parametrize("schedule", [constant, cycled])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 1e-5)])
def test_fifty_steps_equal_the_papers(
    optimizer_entry: Any, dtype: type, tolerance: float, schedule: Callable[[Any, int], dict[str, float]]
) -> None:
    parameters = parameters_of(900, 100, dtype)
    start = parameters.values.astype(np.float64)
    own: Optimizer = optimizer_entry.build(learning_rate=0.01)
    own.bind(parameters)
    # The step's loss goes along, for those who look at it: falling, and jumping about.
    losses = [{"loss": 2.0 * 0.95**step * (1 + 0.5 * (step % 3))} for step in range(STEPS)]
    steps = [{**schedule(own.hyperparameters(), step), **loss} for step, loss in enumerate(losses)]
    gradients = [gradient.astype(dtype) for gradient in gradients_of(parameters.size)]
    for gradient, values in zip(gradients, steps, strict=True):
        own.step(parameters.values, gradient, values)
    exact = [gradient.astype(np.float64) for gradient in gradients]
    expected = REFERENCES[optimizer_entry.name](exact, start, steps)
    # Relative to how far the parameter went, or to its own size if that is more.
    scale = np.maximum(np.abs(expected), np.abs(expected - start)) + 1e-3
    assert (np.abs(parameters.values - expected) / scale).max() <= tolerance
    assert (parameters.values != start.astype(dtype)).any()


def test_yaml_keys_are_the_arguments_with_their_defaults(optimizer_entry: Any) -> None:
    parameters = inspect.signature(optimizer_entry.target).parameters
    assert set(optimizer_entry.arguments) == set(parameters)
    for key, value in optimizer_entry.arguments.items():
        assert parameters[key].default in (value, inspect.Parameter.empty), key
    assert {"learning_rate", "weight_decay"} <= set(parameters)


def test_it_finds_the_minimum_of_a_parabola(optimizer_entry: Any) -> None:
    parameters = parameters_of(20, 5)
    own: Optimizer = optimizer_entry.build(learning_rate=1.0, weight_decay=0.0)
    own.bind(parameters)
    for step in range(500):
        parameters.gradients[:] = parameters.values - 3
        own.step(parameters.values, parameters.gradients, {"learning_rate": 1 - step / 500})
    np.testing.assert_allclose(parameters.values, 3, atol=0.01)


def test_weight_decay_is_decoupled_and_spares_biases(optimizer_entry: Any) -> None:
    """Against the same optimizer without decay: weights are multiplied by 1 - rate decay, then updated."""
    rate, decay = 0.02, 0.3
    plain, decayed = parameters_of(40, 10), parameters_of(40, 10)
    first, second = (optimizer_entry.build(learning_rate=rate, weight_decay=w) for w in (0.0, decay))
    first.bind(plain)
    second.bind(decayed)
    for gradient in gradients_of(50, 5):
        before_plain, before = plain.values.copy(), decayed.values.copy()
        first.step(plain.values, gradient)
        second.step(decayed.values, gradient)
        update = plain.values - before_plain
        np.testing.assert_allclose(
            decayed.values[:40], before[:40] * (1 - rate * decay) + update[:40], rtol=1e-9, atol=1e-12
        )
        assert (decayed.values[40:] == plain.values[40:]).all()


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_the_size_of_blocks_does_not_matter(
    optimizer_entry: Any, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    for size in (100_000, block):
        monkeypatch.setattr(optimizer, "BLOCK", size)
        parameters = parameters_of(90, 33, np.float32)
        own: Optimizer = optimizer_entry.build(weight_decay=0.1)
        own.bind(parameters)
        for gradient in gradients_of(parameters.size, 5):
            own.step(parameters.values, gradient.astype(np.float32))
        results.append(parameters.values.copy())
    assert (results[0] == results[1]).all()


def test_gradients_are_left_alone(optimizer_entry: Any) -> None:
    parameters = parameters_of(30, 5)
    own: Optimizer = optimizer_entry.build(weight_decay=0.1)
    own.bind(parameters)
    (gradient,) = gradients_of(35, 1)
    before = gradient.copy()
    own.step(parameters.values, gradient)
    assert (gradient == before).all()


def run(own: Optimizer, parameters: Parameters, gradients: list[np.ndarray]) -> np.ndarray:
    for number, gradient in enumerate(gradients):
        own.step(parameters.values, gradient, cycled(own.hyperparameters(), number))
    return parameters.values.copy()


def through_state(own: Optimizer, optimizer_entry: Any, parameters: Parameters) -> Optimizer:
    state = {name: np.array(value) for name, value in own.state().items()}
    other: Optimizer = optimizer_entry.build(weight_decay=0.1)
    other.bind(parameters)
    other.load_state(state)
    return other


@pytest.mark.parametrize("way", ["state", "deepcopy", "pickle"])
def test_another_one_goes_on_bit_for_bit(optimizer_entry: Any, way: str) -> None:
    gradients = [gradient.astype(np.float32) for gradient in gradients_of(123, 20)]
    parameters = parameters_of(90, 33, np.float32)
    own: Optimizer = optimizer_entry.build(weight_decay=0.1)
    own.bind(parameters)
    run(own, parameters, gradients[:10])
    twins = copy.deepcopy(parameters)
    twin = {
        "state": lambda: through_state(own, optimizer_entry, twins),
        "deepcopy": lambda: copy.deepcopy(own),
        "pickle": lambda: pickle.loads(pickle.dumps(own)),
    }[way]()
    frozen = {name: np.array(value) for name, value in own.state().items()}
    found = run(twin, twins, gradients[10:])
    assert all((own.state()[name] == value).all() for name, value in frozen.items())
    assert (run(own, parameters, gradients[10:]) == found).all()


def test_binding_again_begins_anew(optimizer_entry: Any) -> None:
    own: Optimizer = optimizer_entry.build()
    results = []
    for _ in range(2):
        parameters = parameters_of(20, 3)
        own.bind(parameters)
        results.append(run(own, parameters, gradients_of(23, 5)))
    assert (results[0] == results[1]).all()


def test_a_state_of_something_else_is_refused(optimizer_entry: Any) -> None:
    own: Optimizer = optimizer_entry.build()
    own.bind(parameters_of(20, 3))
    with pytest.raises(ValueError, match="found"):
        own.load_state({"unknown": np.zeros(23)})
    other: Optimizer = optimizer_entry.build()
    other.bind(parameters_of(20, 4))
    if own.vectors:
        with pytest.raises(ValueError, match="23 elements"):
            own.load_state(other.state())
    with pytest.raises(ValueError, match="bound to 23 values, found 24"):
        own.step(np.zeros(24), np.zeros(24))
    with pytest.raises(ValueError, match="bound to None"):
        optimizer_entry.build().step(np.zeros(24), np.zeros(24))


def test_hyperparameters_are_what_a_schedule_may_drive(optimizer_entry: Any) -> None:
    own: Optimizer = optimizer_entry.build(learning_rate=0.25)
    base = own.hyperparameters()
    assert base["learning_rate"] == 0.25
    assert set(base) <= set(optimizer_entry.arguments)
    base["learning_rate"] = 7
    assert own.hyperparameters()["learning_rate"] == 0.25


def test_a_step_allocates_nothing(optimizer_entry: Any) -> None:
    parameters = parameters_of(150_000, 1_000, np.float32)
    parameters.gradients[:] = 1
    own: Optimizer = optimizer_entry.build(weight_decay=0.1)
    own.bind(parameters)
    own.step(parameters.values, parameters.gradients)
    tracemalloc.start()
    try:
        own.step(parameters.values, parameters.gradients)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5_000


@pytest.mark.parametrize("key", ["learning_rate", "weight_decay"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_bad_rates(optimizer_entry: Any, key: str, value: float) -> None:
    with pytest.raises(UserError, match=f"^{key} must be a finite number of at least 0, found"):
        optimizer_entry.build(**{key: value})


@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan")])
def test_bad_fractions(optimizer_entry: Any, value: float) -> None:
    for key in {"momentum", "beta1", "beta2"} & set(optimizer_entry.arguments):
        with pytest.raises(UserError, match=rf"^{key} must be in \[0, 1\)"):
            optimizer_entry.build(**{key: value})


def test_bad_epsilon() -> None:
    for value in (0.0, -1e-8, float("inf")):
        with pytest.raises(UserError, match=r"^epsilon must be a finite number above 0"):
            Adam(0.1, epsilon=value)


def test_adams_first_step_has_the_length_of_the_learning_rate() -> None:
    """The paper's section 2.1: whatever the gradient's size, the first step is η."""
    parameters = parameters_of(6, 0)
    before = parameters.values.copy()
    own = Adam(0.01)
    own.bind(parameters)
    own.step(parameters.values, np.array([1e-3, -1e-3, 1.0, -1.0, 1e3, -1e3]))
    np.testing.assert_allclose(before - parameters.values, [0.01, -0.01] * 3, rtol=2e-5)
