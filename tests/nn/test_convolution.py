"""Conv2d: against loops and finite differences for any window, stride and padding, and what it refuses."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatch.errors import UserError
from swatch.nn import Conv2d, CrossEntropy, Flatten, Linear, Network, Sequential
from swatch.nn.gradcheck import TOLERANCE, check_network

NUMBER_OR_PAIR = st.integers(1, 4) | st.tuples(st.integers(1, 4), st.integers(1, 4))
PADDINGS = (
    st.sampled_from(["valid", "same"]) | st.integers(0, 3) | st.tuples(st.integers(0, 3), st.integers(0, 3))
)


def both(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def margins(size: int, window: int, stride: int, padding: Any, axis: int) -> tuple[int, int]:
    """Zeros before and after one axis, by the words of the definition."""
    if padding == "valid":
        return 0, 0
    if padding == "same":
        outputs = -(-size // stride)
        missing = max(0, stride * (outputs - 1) + window - size)
        return missing // 2, missing - missing // 2
    return both(padding)[axis], both(padding)[axis]


def convolved(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: tuple[int, int], padding: Any
) -> np.ndarray:
    """The definition, window by window."""
    height, width = weight.shape[:2]
    vertical, horizontal = (margins(x.shape[1 + i], weight.shape[i], stride[i], padding, i) for i in (0, 1))
    x = np.pad(x, ((0, 0), vertical, horizontal, (0, 0)))
    rows, columns = (x.shape[1] - height) // stride[0] + 1, (x.shape[2] - width) // stride[1] + 1
    y = np.empty((len(x), rows, columns, weight.shape[3]))
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride[0], column * stride[1]
            window = x[:, top : top + height, left : left + width]
            y[:, row, column] = np.einsum("nabc,abcf->nf", window, weight) + bias
    return y


def fits(shape: tuple[int, ...], window: Any, stride: Any, padding: Any) -> bool:
    return all(
        size + sum(margins(size, w, s, padding, axis)) >= w
        for axis, (size, w, s) in enumerate(zip(shape[:2], both(window), both(stride), strict=True))
    )


@pytest.mark.check("definition", layer="Conv2d")
@settings(max_examples=120, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 8), st.integers(1, 8), st.integers(1, 6)),
    channels=st.integers(1, 4),
    window=NUMBER_OR_PAIR,
    stride=NUMBER_OR_PAIR,
    padding=PADDINGS,
    batch=st.integers(1, 4),
    bias=st.booleans(),
    training=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_values_and_gradients(
    shape: tuple[int, int, int],
    channels: int,
    window: Any,
    stride: Any,
    padding: Any,
    batch: int,
    bias: bool,
    training: bool,
    seed: int,
) -> None:
    layer = Conv2d(channels, window, stride, padding, bias=bias)
    model = Sequential([layer, Flatten(), Linear(3, "xavier_normal")])
    if not fits(shape, window, stride, padding):
        with pytest.raises(UserError, match="conv1 has windows of"):
            Network(model, shape, batch_size=1, seed=0)
        return
    generator = np.random.default_rng(seed)
    network = Network(model, shape, batch_size=batch + 1, seed=1, dtype=np.float64)
    network.parameters.values += 0.1 * generator.standard_normal(network.parameters.size)
    x = generator.standard_normal((batch, *shape))
    views = {segment.name: segment.view for segment in network.parameters}
    expected = convolved(
        x, views["conv1/weight"], views.get("conv1/bias", np.zeros(channels)), both(stride), padding
    )
    np.testing.assert_allclose(layer.forward(x, training=training), expected, atol=1e-12)
    assert layer.output_shape == expected.shape[1:]
    labels = generator.integers(3, size=batch)
    rows = check_network(network, CrossEntropy(), x, labels, training=training, coordinates=20)
    assert max(row.error for row in rows) <= TOLERANCE, rows


@pytest.mark.parametrize("channels", [1, 3, 8])
def test_batches_of_many_blocks_are_added_up(channels: int, generator: np.random.Generator) -> None:
    """The gradient of a large batch is the sum of those of its images, whatever is worked on at a time."""
    samples, shape = 60, (12, 10, channels)
    network = Network(Conv2d(5, 3, padding="same"), shape, batch_size=samples, seed=0, dtype=np.float64)
    x = generator.standard_normal((samples, *shape))
    gradient = generator.standard_normal((samples, 12, 10, 5))
    network.forward(x, training=True)
    whole_input = network.backward(gradient.copy(), input_gradient=True)
    assert whole_input is not None
    whole_input, whole = whole_input.copy(), network.parameters.gradients.copy()
    total = np.zeros_like(whole)
    for index in range(samples):
        network.forward(x[index : index + 1], training=True)
        part = network.backward(gradient[index : index + 1].copy(), input_gradient=True)
        np.testing.assert_allclose(part, whole_input[index : index + 1], rtol=1e-10, atol=1e-12)
        total += network.parameters.gradients
    np.testing.assert_allclose(total, whole, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("window", "stride", "padding", "output"),
    [
        (3, 1, "same", (28, 28)),
        (3, 2, "same", (14, 14)),
        (5, 1, "valid", (24, 24)),
        (3, 2, 1, (14, 14)),
        ((1, 3), (2, 1), (0, 1), (14, 28)),
        (28, 1, "valid", (1, 1)),
    ],
)
def test_output_sizes(window: Any, stride: Any, padding: Any, output: tuple[int, int]) -> None:
    network = Network(Conv2d(2, window, stride, padding), (28, 28, 1), batch_size=1, seed=0)
    assert network.output_shape == (*output, 2)


def test_single_precision_agrees_with_double(generator: np.random.Generator) -> None:
    results = []
    x = generator.standard_normal((20, 14, 14, 16))
    gradient = generator.standard_normal((20, 14, 14, 8))
    for dtype in (np.float32, np.float64):
        network = Network(Conv2d(8, 3, padding="same"), x.shape[1:], batch_size=20, seed=0, dtype=dtype)
        y = network.forward(x.astype(dtype), training=True).copy()
        assert y.dtype == dtype
        input_gradient = network.backward(gradient.astype(dtype), input_gradient=True)
        results.append((y, input_gradient, network.parameters.gradients))
    for single, double in zip(*results, strict=True):
        np.testing.assert_allclose(single, double, atol=1e-5 * np.abs(double).max())


def test_the_gradient_of_the_first_layers_input_costs_nothing(generator: np.random.Generator) -> None:
    network = Network(Conv2d(4, 3, padding="same"), (64, 64, 8), batch_size=32, seed=0)
    x = generator.standard_normal((32, 64, 64, 8), dtype=np.float32)
    gradient = network.forward(x, training=True).copy()
    tracemalloc.start()
    try:
        assert network.backward(gradient) is None
        assert tracemalloc.get_traced_memory()[1] < x.nbytes / 4
    finally:
        tracemalloc.stop()


def test_initial_weights_know_their_inputs() -> None:
    network = Network(Conv2d(64, 5), (9, 9, 20), batch_size=1, seed=0)
    weight, bias = (segment.view for segment in network.parameters)
    assert weight.shape == (5, 5, 20, 64)
    assert weight.std() == pytest.approx((2 / (5 * 5 * 20)) ** 0.5, rel=0.02)
    assert (bias == 0).all()
    network = Network(Conv2d(64, 5, weight_init="xavier_normal"), (9, 9, 20), batch_size=1, seed=0)
    assert network.parameters.segments[0].view.std() == pytest.approx((2 / (25 * 84)) ** 0.5, rel=0.02)


def test_multiply_adds_are_counted() -> None:
    layer = Conv2d(32, 3, stride=2, padding="same")
    Network(layer, (28, 28, 16), batch_size=1, seed=0)
    assert layer.multiply_adds == 14 * 14 * 3 * 3 * 16 * 32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"channels": 0}, "^channels must be at least 1, found 0"),
        ({"kernel_size": 0}, "^kernel_size must be at least 1, found 0"),
        (
            {"kernel_size": [3, 3, 3]},
            r"^kernel_size must be a whole number or a pair of them, found \[3, 3, 3\]",
        ),
        ({"kernel_size": 2.5}, "^kernel_size must be a whole number or a pair of them, found 2.5"),
        ({"stride": 0}, "^stride must be at least 1, found 0"),
        ({"stride": [1, -1]}, r"^stride must be at least 1, found \[1, -1\]"),
        ({"padding": -1}, "^padding must be at least 0, found -1"),
        ({"padding": "smae"}, "^padding must be valid, same, .* not 'smae'. Did you mean 'same'?"),
        ({"padding": True}, "^padding must be a whole number"),
        ({"weight_init": "he_norm"}, "^weight_init must be .*Did you mean 'he_normal'"),
    ],
)
def test_bad_arguments_are_named_first(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Conv2d(**{"channels": 2, "kernel_size": 3, **arguments})


def test_what_does_not_fit_is_refused() -> None:
    for layer, shape, message in (
        (Conv2d(2, 3), (784,), r"conv1 takes images .*samples of shape \(784,\) come to it"),
        (Conv2d(2, 5), (4, 9, 1), "conv1 has windows of 5x5, which do not fit into the images of 4x9"),
        (Conv2d(2, 7, padding=1), (4, 4, 1), "windows of 7x7.* 4x4 that come to it with their padding"),
    ):
        with pytest.raises(UserError, match=message):
            Network(Sequential([layer]), shape, batch_size=1, seed=0)
