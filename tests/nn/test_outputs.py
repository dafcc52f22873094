"""From outputs to probabilities, also where an output is as good as zero or one."""

from __future__ import annotations

import numpy as np
import pytest

from swatch.nn import probabilities
from swatch.nn.outputs import OUTPUTS


@pytest.mark.parametrize("output", OUTPUTS)
def test_probabilities_are_a_distribution(output: str, generator: np.random.Generator) -> None:
    outputs = 5 * generator.standard_normal((50, 10))
    outputs = np.abs(outputs) if output == "identity" else outputs
    before = outputs.copy()
    found = probabilities(outputs, output)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert np.array_equal(found.argmax(axis=1), outputs.argmax(axis=1))
    assert (outputs == before).all()


def test_sigmoids_are_divided_by_their_sum(generator: np.random.Generator) -> None:
    z = 5 * generator.standard_normal((50, 10))
    sigmoids = 1 / (1 + np.exp(-z))
    expected = sigmoids / sigmoids.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities(z, "sigmoid"), expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [20.0, 80.0, 1000.0])
def test_sigmoids_that_all_round_to_zero_still_name_a_class(size: float, dtype: type) -> None:
    z = np.array([[-size, -size - 1, -size - 2], [-size, -size, -size], [size, -size, -size]], dtype)
    found = probabilities(z, "sigmoid")
    assert found.dtype == dtype
    # Far below zero a sigmoid is exp(z), and the sigmoids divided by their sum are a softmax.
    np.testing.assert_allclose(found[0], np.exp([0, -1, -2]) / np.exp([0, -1, -2]).sum(), rtol=1e-4)
    np.testing.assert_allclose(found[1], 1 / 3, rtol=1e-6)
    np.testing.assert_allclose(found[2], [1, 0, 0], atol=1e-8)


def test_a_network_that_puts_out_zeros_alone_prefers_no_class() -> None:
    found = probabilities(np.array([[0, 0, 0, 0], [0, 0.5, 0, 0]], np.float32), "identity")
    np.testing.assert_array_equal(found, [[0.25] * 4, [0, 1, 0, 0]])
