"""Every model of conf/model: gradients, learning, arguments; the rules of mlp's arguments."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest

from model_size import count, skip_if_large
from swatch.errors import UserError
from swatch.nn import (
    Conv2d,
    CrossEntropy,
    Dropout,
    Linear,
    MaxPool2d,
    Network,
    alexnet,
    cnn,
    logistic,
    mlp,
    resnet_small,
    starter_cnn,
)
from swatch.nn.builder import Builder
from swatch.nn.gradcheck import TOLERANCE, check_network
from swatch.optim import Adam


def build(model_entry: Any, batch_size: int, dtype: type = np.float32, **arguments: Any) -> Network:
    skip_if_large(model_entry.build(classes=10, **arguments))
    model = model_entry.build(classes=10, **arguments)
    return Network(model, (28, 28, 1), batch_size=batch_size, seed=2, dtype=dtype)


@pytest.mark.check("config")
def test_yaml_keys_are_the_arguments_with_their_defaults(model_entry: Any) -> None:
    parameters = inspect.signature(model_entry.target).parameters
    assert set(model_entry.arguments) == set(parameters) - {"classes"}
    for key, value in model_entry.arguments.items():
        default = parameters[key].default
        assert value == (list(default) if isinstance(default, tuple) else default), key


@pytest.mark.check("gradients")
@pytest.mark.parametrize("training", [True, False])
def test_gradients_equal_finite_differences(
    model_entry: Any, generator: np.random.Generator, training: bool
) -> None:
    network = build(
        model_entry, 3, np.float64, **{"dropout": 0.2} if "dropout" in model_entry.arguments else {}
    )
    network.parameters.values += 0.05 * generator.standard_normal(network.parameters.size)
    x, labels = generator.standard_normal((3, 28, 28, 1)), generator.integers(10, size=3)
    rows = check_network(network, CrossEntropy(), x, labels, training=training, coordinates=4)
    layers = [row.name for row in network.summary()]
    places = [layers.index(row.name.rpartition("/")[0]) for row in rows[:-1]]
    assert places == sorted(places)
    assert {row.name for row in rows} == {segment.name for segment in network.parameters} | {"input"}
    assert max(row.error for row in rows) <= TOLERANCE, rows


@pytest.mark.check("overfits a batch")
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


def kinds(model: Any) -> list[str]:
    return [type(module).__name__ for module in model.children()]


def test_every_hidden_layer_may_have_its_own_activation_and_dropout() -> None:
    model = mlp(10, [8, 7, 6], activation=["tanh", "relu", "silu"], dropout=[0.0, 0.5, 0.25])
    functions = ["Linear", "Tanh", "Linear", "ReLU", "Dropout", "Linear", "SiLU", "Dropout"]
    assert kinds(model) == ["Flatten", *functions, "Linear"]
    assert [m.probability for m in model.children() if isinstance(m, Dropout)] == [0.5, 0.25]
    assert kinds(mlp(10, depth=2, width=5, activation=["sin", "elu"])) == (
        ["Flatten", "Linear", "Sin", "Linear", "ELU", "Linear"]
    )


@pytest.mark.parametrize(("norm", "kind"), [("batch", "BatchNorm"), ("layer", "LayerNorm")])
def test_hidden_layers_are_normalised_before_their_activation(norm: str, kind: str) -> None:
    model = mlp(10, [8, 7], norm=norm, dropout=0.1)
    hidden_layer = ["Linear", kind, "ReLU", "Dropout"]
    assert kinds(model) == ["Flatten", *hidden_layer, *hidden_layer, "Linear"]
    biases = [module.has_bias for module in model.children() if isinstance(module, Linear)]
    assert biases == ([False, False, True] if norm == "batch" else [True] * 3)


def test_published_parameter_counts() -> None:
    """By hand: weights and biases of every layer, and for alexnet four numbers per normalised channel."""
    assert count(starter_cnn(10)) == 100 + 26 * 26 * 10 * 64 + 64 + 650
    assert count(cnn(10)) == 320 + 18_496 + 7 * 7 * 64 * 128 + 128 + 1_290
    assert count(alexnet(10)) == 61_750_530 - 2_560
    channels = sum(layer.channels for layer in alexnet(10).children() if isinstance(layer, Conv2d))
    assert 2 * channels == 2_560


def test_alexnets_images_shrink_as_published() -> None:
    model = alexnet(10)
    model.build(Builder(0, np.float32), (28, 28, 1), "")
    sizes = [m.output_shape for m in model.children() if isinstance(m, Conv2d | MaxPool2d)]
    assert [size[0] for size in sizes] == [28, 13, 13, 13, 13, 6]
    assert [size[2] for size in sizes] == [256, 256, 384, 384, 256, 256]


@pytest.mark.parametrize(
    ("model", "arguments", "message"),
    [
        (cnn, {"channels": [8, 0]}, r"^channels must be at least 1 each, found \[8, 0\]"),
        (cnn, {"conv_dropout": 1.0}, r"^conv_dropout must be in \[0, 1\)"),
        (
            cnn,
            {"norm": "bacth"},
            "^norm must be one of none, batch, layer, .* mean 'batch'",
        ),
        (starter_cnn, {"channels": 0}, "^channels must be at least 1, found 0"),
        (starter_cnn, {"hidden_sizes": [0]}, "^hidden_sizes must be at least 1 each"),
        (alexnet, {"dropout": -0.1}, r"^dropout must be in \[0, 1\), found -0.1"),
        (alexnet, {"activation": "rellu"}, "^activation must be .*Did you mean 'relu'"),
        (resnet_small, {"channels": []}, "^channels must name at least one stage"),
        (resnet_small, {"blocks": -1}, "^blocks must be at least 0, found -1"),
        (resnet_small, {"weight_init": "he"}, "^weight_init must be"),
        (
            mlp,
            {"activation": ["relu"]},
            "^activation must be one value, .* 2 hidden layers, found 1",
        ),
        (mlp, {"dropout": [0.1, 0.2, 0.3]}, "^dropout must be one value, .* 2 hidden layers, found 3"),
        (mlp, {"norm": "none ", "hidden_sizes": []}, "^norm must be one of"),
    ],
)
def test_bad_arguments_of_models_are_named_first(model: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        model(10, **arguments)


@pytest.mark.check("other images")
def test_every_model_adapts_to_the_images(model_entry: Any) -> None:
    for shape, classes in (((32, 32, 3), 7), ((16, 20, 1), 2)):
        model = model_entry.build(classes=classes)
        assert model.build(Builder(0, np.float32), shape, "") == (classes,)


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
