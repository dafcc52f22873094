"""The learning-rate finder: what it suggests trains well, on networks whose best rates differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from swatch.compose import compose
from swatch.errors import UserError
from swatch.training.assembly import assemble
from swatch.training.data_cache import prepare_data
from swatch.training.learning_rate_finder import STEPS, RateTest, find_learning_rate, judge
from swatch.training.run import train


def find(overrides: list[str]) -> RateTest:
    composition = compose(overrides)
    return find_learning_rate(assemble(composition, prepare_data(composition)))


def test_rates_rise_by_the_same_factor_until_the_loss_explodes(slice_overrides: list[str]) -> None:
    found = find([*slice_overrides, "optimizer=sgd"])
    assert found.rates[0] == pytest.approx(1e-7)
    np.testing.assert_allclose(np.diff(np.log(found.rates)), np.log(1e8) / (STEPS - 1))
    assert len(found.rates) == len(found.losses) < STEPS
    assert found.losses[0] == pytest.approx(2.6, abs=0.5)
    assert found.losses.min() < 0.7 * found.losses[0]
    assert found.losses.max() <= 4 * found.losses.min()


def test_weights_without_a_finite_loss_are_told(slice_overrides: list[str]) -> None:
    huge = ["model.weight_init=random_normal", "model.weight_scale=1e30"]
    with pytest.raises(UserError, match=r"^the loss is (nan|inf) before the first step.*model\.weight_scale"):
        find([*slice_overrides, *huge])


def test_the_noise_of_the_first_batches_is_no_slope() -> None:
    rates = np.geomspace(1e-7, 1.0, 71)
    # The mean of few losses falls fast while it settles; then nothing happens, up to the true fall at 1e-2.
    losses = 2.3 + 0.8 * np.exp(-np.arange(71.0)) - 1.5 / (1 + np.exp(-3 * np.log(rates / 1e-2)))
    losses[-5:] = 5.0
    found = judge(rates, losses)
    assert found.steepest == pytest.approx(1e-2, rel=0.3)
    assert found.suggestion >= found.steepest


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "momentum"])
def test_the_suggestion_trains_well(slice_overrides: list[str], optimizer: str) -> None:
    overrides = [*slice_overrides, f"optimizer={optimizer}"]
    suggestion = find(overrides).suggestion

    def accuracy(rate: float) -> Any:
        run = train(compose([*overrides, "epochs=4", f"optimizer.learning_rate={rate}"]), resume="never")
        return max((record["val/accuracy"] for record in run.history), default=0.0)

    best = accuracy(suggestion)
    assert best > 0.7
    assert best > accuracy(suggestion / 100)
