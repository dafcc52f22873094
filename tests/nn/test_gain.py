"""Gains of activations: against closed forms, and that they do what they are for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from swatch.compose import build, compose
from swatch.errors import UserError
from swatch.nn import Network, mlp
from swatch.nn.gain import gain
from swatch.nn.initializers import names

FOLLOWED = tuple(name for name in names() if not name.startswith(("random", "zeros")))


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("tanh", np.tanh),
        ("sigmoid", lambda z: 1 / (1 + math.exp(-z))),
        ("elu", lambda z: z if z > 0 else math.expm1(z)),
        ("silu", lambda z: z / (1 + math.exp(-z))),
    ],
)
def test_gains_are_the_integrals(activation: str, function: Any) -> None:
    def integrand(z: float) -> float:
        return float(function(z)) ** 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    mean_square = quad(integrand, -12, 0)[0] + quad(integrand, 0, 12)[0]
    assert gain(activation) == pytest.approx(mean_square**-0.5, rel=1e-7)


@pytest.mark.parametrize(
    ("activation", "value"),
    [
        ("identity", 1.0),
        ("relu", math.sqrt(2)),
        ("leaky_relu", math.sqrt(2 / (1 + 0.01**2))),
        ("sin", math.sqrt(2 / (1 - math.exp(-2)))),
    ],
)
def test_gains_with_a_closed_form(activation: str, value: float) -> None:
    assert gain(activation) == pytest.approx(value, rel=1e-7)


@pytest.mark.check("gain")
@pytest.mark.parametrize("weight_init", FOLLOWED)
def test_the_signal_keeps_its_size_through_many_layers(activation_name: str, weight_init: str) -> None:
    width = 400
    hidden = [activation_name] * 10
    model = mlp(width, [width] * 10, activation=hidden, weight_init=weight_init, weight_scale="gain")
    network = Network(model, (width,), batch_size=64, seed=2, dtype=np.float64)
    output = network.forward(np.random.default_rng(0).normal(size=(64, width)))
    assert 0.5 < np.mean(output**2) < 2


@pytest.mark.parametrize("model", ["mlp", "cnn", "starter_cnn", "resnet_small"])
def test_every_model_takes_it(model: str) -> None:
    overrides = [f"model={model}", "model.activation=tanh"]
    plain, wider = (
        Network(build(compose(both).config.model, classes=10), (28, 28, 1), batch_size=2, seed=0)
        for both in (overrides, [*overrides, "model.weight_scale=gain"])
    )
    ratios = [
        float(np.median(segment.view / other.view))
        for segment, other in zip(wider.parameters, plain.parameters, strict=True)
        if segment.role == "weight"
    ]
    # The first layer has the inputs before it, all others the tanh; He's formula is that of ReLU.
    np.testing.assert_allclose(
        ratios, np.array([1.0, *[gain("tanh")] * (len(ratios) - 1)]) / 2**0.5, rtol=1e-4
    )


def test_what_has_no_gain_is_refused() -> None:
    with pytest.raises(UserError, match=r"weight_scale=gain goes with he_normal.*random_normal takes"):
        mlp(3, weight_init="random_normal", weight_scale="gain")
    with pytest.raises(UserError, match="weight_scale must be a number, null or 'gain', not 'gian'"):
        mlp(3, weight_scale="gian")
    with pytest.raises(UserError, match=r"model\.weight_scale must be a number, null or 'gain', not 'wide'"):
        build(compose(["model.weight_scale=wide"]).config.model, classes=3)
