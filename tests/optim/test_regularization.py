"""Penalties against finite differences and their formulas; the bound on norms."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entries import Entry
from swatch.compose import build, compose
from swatch.errors import UserError
from swatch.nn import CrossEntropy, Network, Parameters, mlp
from swatch.nn.parameters import Segment
from swatch.optim import regularization as module
from swatch.optim.regularization import Regularization


def network(dtype: type = np.float64) -> Network:
    built = Network(mlp(4, [7, 5], activation="tanh"), (6,), batch_size=8, seed=3, dtype=dtype)
    built.parameters.values += 0.2 * np.random.default_rng(0).standard_normal(built.parameters.size)
    return built


# Penalties are linear or quadratic between kinks, so that a long step is exact; rounding spoils a short one.
STEP = 1e-4

COEFFICIENTS = st.sampled_from([0.0, 0.003, 0.2])


@settings(deadline=None, max_examples=40)
@given(
    l1=COEFFICIENTS,
    l2=COEFFICIENTS,
    bias_l1=COEFFICIENTS,
    bias_l2=COEFFICIENTS,
    layers=st.sampled_from([None, ["linear1"], ["linear2", "linear3"], ["*3"]]),
    block=st.sampled_from([3, 17, 65_536]),
)
def test_it_is_its_formula_and_its_own_derivative(
    l1: float, l2: float, bias_l1: float, bias_l2: float, layers: list[str] | None, block: int
) -> None:
    parameters = network().parameters
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        own = Regularization(l1, l2, bias_l1, bias_l2, layers=layers)
        own.bind(parameters)

    def is_meant(segment: Segment) -> bool:
        names = {"*3": "linear3"}
        return layers is None or segment.layer in [names.get(name, name) for name in layers]

    def formula() -> float:
        total = 0.0
        for segment in filter(is_meant, parameters):
            first, second = (l1, l2) if segment.role == "weight" else (bias_l1, bias_l2)
            total += first * np.abs(segment.view).sum() + second / 2 * (segment.view**2).sum()
        return total

    before = np.random.default_rng(1).standard_normal(parameters.size)
    gradients = before.copy()
    assert own.penalize(parameters.values, gradients) == pytest.approx(formula(), rel=1e-12, abs=1e-15)
    assert own.has_penalty == (formula() > 0)
    for index in range(0, parameters.size, 5):
        slope = 0.0
        for sign in (1, -1):
            parameters.values[index] += sign * STEP
            slope += sign * formula() / (2 * STEP)
            parameters.values[index] -= sign * STEP
        assert gradients[index] - before[index] == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_layers_may_have_coefficients_of_their_own() -> None:
    parameters = network().parameters
    by_layer = Regularization(
        l1={"linear2": 0.01}, l2={"*": 0.1, "linear1": 0.3, "linear3": 0.0}, bias_l2={"linear3": 0.2}
    )
    by_layer.bind(parameters)
    first, second = {"linear2": 0.01}, {"linear1": 0.3, "linear2": 0.1}
    expected = 0.0
    for segment in parameters:
        if segment.role == "weight":
            expected += first.get(segment.layer, 0.0) * np.abs(segment.view).sum()
            expected += second.get(segment.layer, 0.0) / 2 * (segment.view**2).sum()
        elif segment.layer == "linear3":
            expected += 0.2 / 2 * (segment.view**2).sum()
    gradients = np.zeros(parameters.size)
    assert by_layer.penalize(parameters.values, gradients) == pytest.approx(expected, rel=1e-12)
    untouched = [segment for segment in parameters if segment.name in ("linear1/bias", "linear3/weight")]
    assert all((segment.gradient == 0).all() for segment in untouched)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"l2": {"linear4": 0.1}}, r"^l2 names 'linear4', .* Did you mean 'linear"),
        ({"bias_l1": {"conv*": 0.1}}, r"^bias_l1 names 'conv\*', and the layers with parameters are linear1"),
        ({"l2": {"linear1": "abc"}}, r"^l2\.linear1 must be a number, not 'abc'"),
        ({"l1": {"linear1": -0.1}}, r"^l1\.linear1 must be a finite number of at least 0, found -0\.1"),
    ],
)
def test_bad_coefficients_of_layers(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Regularization(**arguments).bind(network().parameters)


def test_the_command_line_takes_them() -> None:
    config = compose(["regularization.l2={linear*: 0.01, linear1: 0.001}", "regularization.l1=0.5"]).config
    own = build(config.regularization)
    own.bind(network().parameters)
    assert own.has_penalty
    assert compose(["regularization.l2=1e-4"]).plain["regularization"]["l2"] == 1e-4


@pytest.mark.check("gradients")
def test_the_gradient_of_every_choice(regularization_entry: Entry) -> None:
    """What the file leaves at zero is set, so that there is something to differentiate."""
    unset = {key: 0.02 for key, value in regularization_entry.arguments.items() if value == 0}
    parameters = network().parameters
    own: Regularization = regularization_entry.build(**unset)
    own.bind(parameters)
    values, gradients = parameters.values, np.zeros(parameters.size)
    assert own.penalize(values, gradients) > 0
    for index in range(parameters.size):
        slope = 0.0
        for sign in (1, -1):
            values[index] += sign * STEP
            slope += sign * own.penalize(values, np.zeros_like(values)) / (2 * STEP)
            values[index] -= sign * STEP
        assert gradients[index] == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_loss_and_penalty_together_have_one_gradient() -> None:
    """As training adds them: the gradient of the sum, through the whole network."""
    built, loss, own = network(), CrossEntropy(), Regularization(0.01, 0.1, 0.02, 0.3)
    own.bind(built.parameters)
    generator = np.random.default_rng(5)
    x, labels = generator.standard_normal((8, 6)), generator.integers(4, size=8)
    values, gradients = built.parameters.values, built.parameters.gradients

    def total() -> float:
        return loss.forward(built.forward(x), labels) + own.penalize(values, np.zeros_like(values))

    total()
    built.backward(loss.backward())
    own.penalize(values, gradients)
    found = gradients.copy()
    for index in range(0, values.size, 7):
        values[index] += 1e-5
        high = total()
        values[index] -= 2e-5
        low = total()
        values[index] += 1e-5
        assert found[index] == pytest.approx((high - low) / 2e-5, rel=1e-6, abs=1e-9)


def test_max_norm_bounds_each_unit_and_nothing_else() -> None:
    built = network()
    own = Regularization(max_norm=1.0, layers=["linear1"])
    own.bind(built.parameters)
    before = {segment.name: segment.view.copy() for segment in built.parameters}
    before["linear1/weight"][:, 0] *= 0.01 / np.linalg.norm(before["linear1/weight"][:, 0])
    for segment in built.parameters:
        segment.view[...] = before[segment.name]
    own.project()
    for segment in built.parameters:
        if segment.name != "linear1/weight":
            assert (segment.view == before[segment.name]).all()
            continue
        norms = np.linalg.norm(before[segment.name], axis=0)
        assert (norms > 1).any()
        np.testing.assert_allclose(segment.view, before[segment.name] * np.minimum(1, 1 / norms))
        assert (segment.view[:, 0] == before[segment.name][:, 0]).all()


def test_without_coefficients_nothing_happens() -> None:
    parameters = network().parameters
    own = Regularization()
    own.bind(parameters)
    gradients, values = np.ones(parameters.size), parameters.values.copy()
    assert own.penalize(parameters.values, gradients) == 0
    own.project()
    assert (gradients == 1).all()
    assert (parameters.values == values).all()
    assert not own.has_penalty


def test_the_penalty_allocates_nothing() -> None:
    parameters = Parameters(np.float32)
    parameters.add("linear1", "weight", (400, 400))
    parameters.allocate()
    own = Regularization(0.1, 0.1)
    own.bind(parameters)
    own.penalize(parameters.values, parameters.gradients)
    tracemalloc.start()
    try:
        own.penalize(parameters.values, parameters.gradients)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"l1": -1}, "^l1 must be a finite number of at least 0"),
        ({"bias_l2": float("nan")}, "^bias_l2 must be"),
        ({"max_norm": 0}, "^max_norm must be a finite number above 0, found 0"),
    ],
)
def test_bad_values(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Regularization(**arguments)


def test_an_unknown_layer_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"'linaer1'.* linear1, linear2, linear3\. Did you mean 'linear1'"):
        Regularization(l2=0.1, layers=["linaer1"]).bind(network().parameters)
