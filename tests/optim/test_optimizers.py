"""Every optimizer: config, convergence, decay, blocks, copies, resume, memory, bad values."""

from __future__ import annotations

import copy
import inspect
import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest

from optimizer_cases import cycled, gradients_of, parameters_of
from swatch.errors import UserError
from swatch.nn import Parameters
from swatch.optim import Adam, Optimizer, optimizer


@pytest.mark.check("config")
def test_yaml_keys_are_the_arguments_with_their_defaults(optimizer_entry: Any) -> None:
    parameters = inspect.signature(optimizer_entry.target).parameters
    assert set(optimizer_entry.arguments) == set(parameters)
    for key, value in optimizer_entry.arguments.items():
        assert parameters[key].default in (value, inspect.Parameter.empty), key
    assert {"learning_rate", "weight_decay"} <= set(parameters)


@pytest.mark.check("converges")
def test_it_finds_the_minimum_of_a_parabola(optimizer_entry: Any) -> None:
    parameters = parameters_of(20, 5)
    own: Optimizer = optimizer_entry.build(learning_rate=1.0, weight_decay=0.0)
    own.bind(parameters)
    for step in range(500):
        parameters.gradients[:] = parameters.values - 3
        own.step(parameters.values, parameters.gradients, {"learning_rate": 1 - step / 500})
    np.testing.assert_allclose(parameters.values, 3, atol=0.01)


@pytest.mark.check("weight decay")
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


@pytest.mark.check("weight decay")
@pytest.mark.parametrize("decay_biases", [False, True])
@pytest.mark.parametrize("decay_norms", [False, True])
def test_biases_and_norms_decay_if_asked(
    optimizer_entry: Any, decay_biases: bool, decay_norms: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimizer, "BLOCK", 7)
    parameters = Parameters(np.float64)
    for layer, role in (("linear1", "weight"), ("linear1", "bias"), ("norm1", "scale"), ("norm1", "shift")):
        parameters.add(layer, role, (5,))
    parameters.allocate()
    parameters.values[:] = 1
    own: Optimizer = optimizer_entry.build(
        learning_rate=0.1, weight_decay=0.5, decay_biases=decay_biases, decay_norms=decay_norms
    )
    own.bind(parameters)
    for twin in (own, copy.deepcopy(own)):
        twin.step(parameters.values, np.zeros(20))
    decays = {"weight": True, "bias": decay_biases, "scale": decay_norms, "shift": decay_norms}
    for segment in parameters:
        expected = 0.95**2 if decays[segment.role] else 1.0
        np.testing.assert_allclose(segment.view, expected, rtol=1e-12)


@pytest.mark.check("blocks")
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


@pytest.mark.check("state and copies")
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


@pytest.mark.check("state and copies")
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


@pytest.mark.check("allocates nothing")
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


@pytest.mark.check("bad values")
@pytest.mark.parametrize("key", ["learning_rate", "weight_decay"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_bad_rates(optimizer_entry: Any, key: str, value: float) -> None:
    with pytest.raises(UserError, match=f"^{key} must be a finite number of at least 0, found"):
        optimizer_entry.build(**{key: value})


@pytest.mark.check("bad values")
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
