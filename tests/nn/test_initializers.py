"""Every initializer: its distribution, its scale, its seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from swatch.errors import UserError
from swatch.nn.initializers import by_name

FAN_IN, FAN_OUT = 300, 200
# Standard deviations by the papers' formulas.
DEVIATIONS: dict[str, Callable[[int, int], float]] = {
    "he_normal": lambda fan_in, fan_out: (2 / fan_in) ** 0.5,
    "he_uniform": lambda fan_in, fan_out: (2 / fan_in) ** 0.5,
    "xavier_normal": lambda fan_in, fan_out: (2 / (fan_in + fan_out)) ** 0.5,
    "xavier_uniform": lambda fan_in, fan_out: (2 / (fan_in + fan_out)) ** 0.5,
    "orthogonal": lambda fan_in, fan_out: fan_in**-0.5,
    "random_normal": lambda fan_in, fan_out: 0.05,
    "random_uniform": lambda fan_in, fan_out: 0.05 / 3**0.5,
    "zeros": lambda fan_in, fan_out: 0.0,
}


def draw(name: str, seed: int = 0, scale: float | None = None) -> np.ndarray:
    return by_name(name, scale)((FAN_IN, FAN_OUT), FAN_IN, FAN_OUT, np.random.default_rng(seed))


@pytest.mark.check("mean and deviation")
def test_mean_and_deviation(initializer_name: str) -> None:
    values = draw(initializer_name)
    assert values.shape == (FAN_IN, FAN_OUT)
    deviation = values.std()
    assert abs(values.mean()) <= 5 * deviation / values.size**0.5
    if initializer_name not in DEVIATIONS:
        pytest.skip(f"there is no formula of {initializer_name} to compare with")
    assert deviation == pytest.approx(DEVIATIONS[initializer_name](FAN_IN, FAN_OUT), rel=0.02)


@pytest.mark.check("distribution")
def test_uniform_ones_are_bounded_and_flat_and_normal_ones_have_tails(initializer_name: str) -> None:
    values = draw(initializer_name)
    if initializer_name.endswith("uniform"):
        limit = np.abs(values).max()
        assert limit <= 3**0.5 * values.std() * 1.02
        counts = np.histogram(values, bins=10, range=(-limit, limit))[0]
        assert np.abs(counts - values.size / 10).max() < 6 * (values.size / 10) ** 0.5
    if initializer_name.endswith("normal"):
        assert np.mean(np.abs(values) > 2 * values.std()) == pytest.approx(0.0455, abs=0.005)


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (3, 3, 2, 5), (5, 5)])
def test_orthogonal_matrices_are(shape: tuple[int, ...]) -> None:
    values = by_name("orthogonal", 2.0)(shape, 1, 1, np.random.default_rng(0)) / 2
    matrix = values.reshape(-1, shape[-1])
    product = matrix.T @ matrix if len(matrix) >= shape[-1] else matrix @ matrix.T
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-12)


@pytest.mark.check("scale")
def test_the_scale_is_a_factor(initializer_name: str) -> None:
    np.testing.assert_allclose(draw(initializer_name, scale=0.6), 3 * draw(initializer_name, scale=0.2))
    assert (draw(initializer_name, scale=0.0) == 0).all()


@pytest.mark.check("seed")
def test_the_seed_decides(initializer_name: str) -> None:
    assert (draw(initializer_name) == draw(initializer_name)).all()
    if initializer_name != "zeros":
        assert (draw(initializer_name) != draw(initializer_name, seed=1)).any()


def test_bad_names_and_scales() -> None:
    with pytest.raises(
        UserError, match=r"weight_init must be one of .* not 'he_nromal'\. Did you mean 'he_normal'"
    ):
        by_name("he_nromal")
    for scale in (-1.0, float("nan"), float("inf")):
        with pytest.raises(UserError, match="weight_scale must be a finite number of at least 0"):
            by_name("he_normal", scale)
