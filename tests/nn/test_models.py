"""Every model of conf/model: gradients, learning, arguments; the rules of mlp's arguments."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest

from swatch.errors import UserError
from swatch.nn import CrossEntropy, Linear, Network, logistic, mlp
from swatch.nn.gradcheck import TOLERANCE, check_network
from swatch.optim import Adam

# Costly checks pass over models that are larger than this on 28x28 images.
LARGEST = 3_000_000


def build(model_entry: Any, batch_size: int, dtype: type = np.float32, **arguments: Any) -> Network:
    network = Network(
        model_entry.build(classes=10, **arguments), (28, 28, 1), batch_size=batch_size, seed=2, dtype=dtype
    )
    if network.parameters.size > LARGEST:
        pytest.skip(f"{network.parameters.size:,} parameters")
    return network


def test_yaml_keys_are_the_arguments_with_their_defaults(model_entry: Any) -> None:
    parameters = inspect.signature(model_entry.target).parameters
    assert set(model_entry.arguments) == set(parameters) - {"classes"}
    for key, value in model_entry.arguments.items():
        default = parameters[key].default
        assert value == (list(default) if isinstance(default, tuple) else default), key


@pytest.mark.parametrize("training", [True, False])
def test_gradients_equal_finite_differences(
    model_entry: Any, generator: np.random.Generator, training: bool
) -> None:
    network = build(
        model_entry, 3, np.float64, **{"dropout": 0.2} if "dropout" in model_entry.arguments else {}
    )
    network.parameters.values += 0.05 * generator.standard_normal(network.parameters.size)
    x, labels = generator.standard_normal((3, 28, 28, 1)), generator.integers(10, size=3)
    rows = check_network(network, CrossEntropy(), x, labels, training=training, coordinates=8)
    assert [row.name for row in rows[:-1]] == sorted((row.name for row in rows[:-1]), key=_layer_number)
    assert {row.name for row in rows} == {segment.name for segment in network.parameters} | {"input"}
    assert max(row.error for row in rows) <= TOLERANCE, rows


def _layer_number(name: str) -> int:
    return int("".join(c for c in name.split("/")[0] if c.isdigit()))


def test_one_batch_is_learnt_by_heart(model_entry: Any, generator: np.random.Generator) -> None:
    network = build(model_entry, 16)
    loss, optimizer = CrossEntropy(), Adam(learning_rate=0.005)
    optimizer.bind(network.parameters)
    x = generator.standard_normal((16, 28, 28, 1), dtype=np.float32)
    labels = generator.integers(10, size=16)
    first = loss.forward(network.forward(x), labels)
    for _ in range(60):
        value = loss.forward(network.forward(x, training=True), labels)
        network.backward(loss.backward())
        optimizer.step(network.parameters.values, network.parameters.gradients)
    assert first > 1
    assert value < 0.02
    assert (network.forward(x).argmax(axis=1) == labels).all()


def hidden(model: Any) -> list[int]:
    return [module.outputs for module in model.children() if isinstance(module, Linear)][:-1]


def test_depth_and_width_replace_hidden_sizes() -> None:
    assert hidden(mlp(10)) == [256, 128]
    assert hidden(mlp(10, [7, 6, 5])) == [7, 6, 5]
    assert hidden(mlp(10, [])) == hidden(logistic(10)) == []
    assert hidden(mlp(10, [7, 6], depth=3, width=9)) == [9, 9, 9]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden_sizes": [5, 0]}, r"^hidden_sizes must be at least 1 each, found \[5, 0\]"),
        ({"depth": 2}, "^depth needs width"),
        ({"width": 2}, "^width needs depth"),
        ({"depth": -1, "width": 5}, "^depth must be at least 0"),
        ({"depth": 1, "width": 0}, "^width must be at least 1"),
        ({"dropout": 1.0}, r"^dropout must be in \[0, 1\), found 1.0"),
        ({"input_dropout": -0.5}, r"^input_dropout must be in \[0, 1\), found -0.5"),
        ({"activation": "rellu"}, "^activation must be .*Did you mean 'relu'"),
        ({"weight_init": "he_norm"}, "^weight_init must be .*Did you mean 'he_normal'"),
        ({"weight_scale": -1.0}, "^weight_scale must be"),
    ],
)
def test_bad_arguments_are_named_first(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        mlp(10, **arguments)


def test_the_signal_keeps_its_size_through_deep_networks(generator: np.random.Generator) -> None:
    """What He's initial values are for: the logits of a deep ReLU network neither vanish nor explode."""
    network = Network(mlp(10, depth=20, width=200), (200,), batch_size=100, seed=0)
    logits = network.forward(generator.standard_normal((100, 200), dtype=np.float32))
    assert 0.1 < math.sqrt(float((logits**2).mean())) < 10
