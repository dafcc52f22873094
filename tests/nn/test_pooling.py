"""Pooling: against loops for any window and stride, ties included, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.errors import UserError
from swatch.nn import (
    AvgPool2d,
    CrossEntropy,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    MaxPool2d,
    Network,
    Sequential,
)
from swatch.nn.gradcheck import TOLERANCE, check_network

NUMBER_OR_PAIR = st.integers(1, 4) | st.tuples(st.integers(1, 4), st.integers(1, 4))
SHAPES = st.tuples(st.integers(4, 9), st.integers(4, 9), st.integers(1, 3))


def both(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def windows(shape: tuple[int, ...], window: Any, stride: Any) -> list[tuple[int, int, slice, slice]]:
    (height, width), (down, right) = both(window), both(stride)
    rows, columns = (shape[1] - height) // down + 1, (shape[2] - width) // right + 1
    return [
        (row, column, slice(row * down, row * down + height), slice(column * right, column * right + width))
        for row in range(rows)
        for column in range(columns)
    ]


def by_definition(
    x: np.ndarray, window: Any, stride: Any, gradient: np.ndarray | None, maximum: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The pooled images, and dL/dx, window by window; the first of equals is the largest."""
    places = windows(x.shape, window, stride)
    rows, columns = places[-1][0] + 1, places[-1][1] + 1
    y, grad = np.empty((len(x), rows, columns, x.shape[3])), np.zeros_like(x)
    for row, column, down, right in places:
        for n in range(len(x)):
            for c in range(x.shape[3]):
                part = x[n, down, right, c]
                y[n, row, column, c] = part.max() if maximum else part.mean()
                if gradient is None:
                    continue
                if maximum:
                    first = np.unravel_index(part.argmax(), part.shape)
                    grad[n, down, right, c][first] += gradient[n, row, column, c]
                else:
                    grad[n, down, right, c] += gradient[n, row, column, c] / part.size
    return y, grad


@pytest.mark.check("definition", layer=["MaxPool2d", "AvgPool2d"])
@settings(max_examples=80, deadline=None)
@given(
    shape=SHAPES,
    window=NUMBER_OR_PAIR,
    stride=NUMBER_OR_PAIR,
    batch=st.integers(1, 3),
    levels=st.sampled_from([1, 2, 3, 1000]),
    maximum=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_pooling_is_its_definition(
    shape: tuple[int, int, int],
    window: Any,
    stride: Any,
    batch: int,
    levels: int,
    maximum: bool,
    seed: int,
) -> None:
    """Few levels make many ties; with one, everything is a tie."""
    generator = np.random.default_rng(seed)
    layer = (MaxPool2d if maximum else AvgPool2d)(window, stride)
    network = Network(layer, shape, batch_size=batch + 1, seed=0, dtype=np.float64)
    x = generator.integers(levels, size=(batch, *shape)).astype(np.float64)
    gradient = generator.standard_normal((batch, *network.output_shape))
    y, grad = by_definition(x, window, stride, gradient, maximum)
    for training in (True, False):
        np.testing.assert_allclose(network.forward(x, training=training), y, rtol=1e-12)
        found = network.backward(gradient.copy(), input_gradient=True)
        np.testing.assert_allclose(found, grad, rtol=1e-12, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    shape=SHAPES,
    window=NUMBER_OR_PAIR,
    stride=NUMBER_OR_PAIR,
    maximum=st.booleans(),
    training=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_gradients_equal_finite_differences(
    shape: tuple[int, int, int], window: Any, stride: Any, maximum: bool, training: bool, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    layer = (MaxPool2d if maximum else AvgPool2d)(window, stride)
    model = Sequential([layer, Flatten(), Linear(3, "xavier_normal")])
    network = Network(model, shape, batch_size=2, seed=1, dtype=np.float64)
    x, labels = generator.standard_normal((2, *shape)), generator.integers(3, size=2)
    rows = check_network(network, CrossEntropy(), x, labels, training=training, coordinates=25)
    assert max(row.error for row in rows) <= TOLERANCE, rows


def test_windows_lie_side_by_side_unless_told() -> None:
    for layer in (MaxPool2d(), AvgPool2d(2), MaxPool2d(2, 2)):
        assert Network(layer, (28, 29, 3), batch_size=1, seed=0).output_shape == (14, 14, 3)
    assert Network(MaxPool2d(3, 2), (28, 28, 3), batch_size=1, seed=0).output_shape == (13, 13, 3)
    assert Network(AvgPool2d(3, 2), (13, 13, 3), batch_size=1, seed=0).output_shape == (6, 6, 3)


def test_the_first_of_equals_gets_the_gradient_of_a_rectified_image() -> None:
    """Zeros are what ties are made of after ReLU."""
    network = Network(MaxPool2d(2), (2, 2, 1), batch_size=1, seed=0)
    for image, place in (
        ([0, 0, 0, 0], 0),
        ([0, 1, 1, 0], 1),
        ([-2, -1, -1, -1], 1),
        ([0, 0, 3, 3], 2),
        ([-0.0, 0.0, 0.0, 0.0], 0),
    ):
        network.forward(np.array(image, np.float32).reshape(1, 2, 2, 1))
        gradient = network.backward(np.full((1, 1, 1, 1), 5, np.float32), input_gradient=True)
        assert gradient is not None
        assert gradient.reshape(-1).nonzero()[0].tolist() == [place]


@pytest.mark.check("definition", layer="GlobalAvgPool2d")
def test_global_average_is_the_mean_of_the_image(generator: np.random.Generator) -> None:
    network = Network(GlobalAvgPool2d(), (5, 4, 3), batch_size=7, seed=0, dtype=np.float64)
    x, gradient = generator.standard_normal((6, 5, 4, 3)), generator.standard_normal((6, 3))
    np.testing.assert_allclose(network.forward(x), x.mean(axis=(1, 2)))
    found = network.backward(gradient.copy(), input_gradient=True)
    np.testing.assert_allclose(found, np.broadcast_to(gradient[:, None, None] / 20, x.shape))


def test_bad_arguments_and_shapes() -> None:
    for layer in (MaxPool2d, AvgPool2d):
        for arguments, message in (
            ({"kernel_size": 0}, "^kernel_size must be at least 1, found 0"),
            ({"stride": 0}, "^stride must be at least 1, found 0"),
            ({"stride": (1, 2, 3)}, "^stride must be a whole number or a pair of them"),
        ):
            with pytest.raises(UserError, match=message):
                layer(**arguments)
        name = layer.__name__.lower().removesuffix("2d")
        with pytest.raises(UserError, match=f"{name}1 has windows of 3x2, .* images of 2x8"):
            Network(Sequential([layer((3, 2))]), (2, 8, 1), batch_size=1, seed=0)
    for layer in (MaxPool2d(), AvgPool2d(), GlobalAvgPool2d()):
        with pytest.raises(UserError, match=r"pool1 takes images .*\(16,\)"):
            Network(Sequential([layer]), (16,), batch_size=1, seed=0)
