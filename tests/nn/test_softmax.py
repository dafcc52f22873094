"""Softmax as a module: its values, its gradient, and what networks say of their outputs."""

from __future__ import annotations

import numpy as np
import pytest

from swatch.nn import (
    Conv2d,
    CrossEntropy,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Identity,
    Linear,
    MaxPool2d,
    Module,
    Network,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    mlp,
    probabilities,
)


@pytest.mark.check("definition", layer="Softmax")
def test_it_is_its_definition_and_its_gradient_goes_through_the_jacobian(
    generator: np.random.Generator,
) -> None:
    network = Network(Softmax(), (5,), batch_size=8, seed=0, dtype=np.float64)
    x, gradient = generator.standard_normal((2, 7, 5))
    y = network.forward(x).copy()
    np.testing.assert_allclose(y, np.exp(x) / np.exp(x).sum(axis=1, keepdims=True), rtol=1e-12)
    found = network.backward(gradient.copy(), input_gradient=True)
    jacobians = np.stack([np.diag(p) - np.outer(p, p) for p in y])
    np.testing.assert_allclose(found, np.einsum("nk,nkc->nc", gradient, jacobians), atol=1e-14)


def test_it_agrees_with_the_softmax_of_cross_entropy(generator: np.random.Generator) -> None:
    logits, labels = 5 * generator.standard_normal((6, 4)), generator.integers(4, size=6)
    loss = CrossEntropy()
    loss.forward(logits, labels)
    network = Network(Softmax(), (4,), batch_size=6, seed=0, dtype=np.float64)
    p = network.forward(logits)
    np.testing.assert_allclose(p, probabilities(logits), rtol=1e-12)
    gradient = np.zeros((6, 4))
    gradient[np.arange(6), labels] = -1 / (6 * p[np.arange(6), labels])
    found = network.backward(gradient, input_gradient=True)
    np.testing.assert_allclose(found, loss.backward(), atol=1e-14)


def test_huge_numbers_stay_finite() -> None:
    network = Network(Softmax(), (3,), batch_size=1, seed=0)
    with np.errstate(over="raise", invalid="raise"):
        y = network.forward(np.array([[1e4, -1e4, 1e4]], np.float32))
    assert y.tolist() == [[0.5, 0, 0.5]]


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        ([Linear(3)], "logits"),
        ([Linear(3), Softmax()], "probabilities"),
        ([Linear(3), Sequential([Softmax(), Dropout(0.1)]), Flatten()], "probabilities"),
        ([Softmax(), Linear(3)], "logits"),
        ([Linear(3), Sigmoid()], "probabilities"),
        ([Linear(3), ReLU()], "activations"),
        ([Linear(3), Identity()], "logits"),
        ([Flatten()], "logits"),
    ],
)
def test_networks_say_what_they_put_out(modules: list[Module], expected: str) -> None:
    assert Network(Sequential(modules), (4,), batch_size=1, seed=0).puts_out == expected


def test_models_put_out_logits() -> None:
    assert Network(mlp(10), (28, 28, 1), batch_size=1, seed=0).puts_out == CrossEntropy.expects == "logits"
    modules = [Conv2d(10, 3), MaxPool2d(2), GlobalAvgPool2d()]
    assert Network(Sequential(modules), (8, 8, 1), batch_size=1, seed=0).puts_out == "logits"
