"""Our Gaussian process in Optuna's own studies: Optuna's conformance suite, and that it searches."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import optuna
import pytest
from optuna.samplers import BaseSampler
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    RelativeSamplerTestCase,
    SingleOnlySamplerTestCase,
)

from swatch.sweep.study_sampler import GaussianProcessSampler

optuna.logging.set_verbosity(optuna.logging.WARNING)


class TestGaussianProcessSampler(BasicSamplerTestCase, RelativeSamplerTestCase, SingleOnlySamplerTestCase):
    """Optuna's suite for samplers, whole."""

    @pytest.fixture
    def sampler(self) -> Callable[[], BaseSampler]:
        return lambda: GaussianProcessSampler(seed=1)


def objective(trial: optuna.Trial) -> float:
    """Smallest, 0, at a rate of 0.01, depth 6, a size of 64 and kind b."""
    rate = trial.suggest_float("rate", 1e-4, 1.0, log=True)
    depth = trial.suggest_int("depth", 2, 12, step=2)
    size = trial.suggest_categorical("size", [16, 32, 64, 128])
    kind = trial.suggest_categorical("kind", ["a", "b", None, True])
    far = abs(np.log10(rate) + 2) + abs(depth - 6) / 10 + abs(np.log2(size) - 6) / 5
    return float(far + (kind != "b") * 0.3)


def best_of(sampler: BaseSampler, direction: str) -> float:
    study = optuna.create_study(sampler=sampler, direction=direction)
    sign = 1 if direction == "minimize" else -1
    study.optimize(lambda trial: sign * objective(trial), n_trials=30)
    return sign * study.best_value


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_it_finds_more_than_chance(direction: str) -> None:
    found = np.mean([best_of(GaussianProcessSampler(seed=s), direction) for s in range(2)])
    chance = np.mean([best_of(optuna.samplers.RandomSampler(seed=s), direction) for s in range(8)])
    assert found < 0.5 * chance


def test_a_study_made_again_goes_on_alike() -> None:
    whole = optuna.create_study(sampler=GaussianProcessSampler(seed=3))
    whole.optimize(objective, n_trials=16)
    again = optuna.create_study(sampler=GaussianProcessSampler(seed=3))
    again.add_trials(whole.trials[:13])
    again.optimize(objective, n_trials=3)
    assert [trial.params for trial in again.trials] == [trial.params for trial in whole.trials]


def test_a_space_that_is_used_up_is_tried_again() -> None:
    study = optuna.create_study(sampler=GaussianProcessSampler())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study.optimize(lambda trial: trial.suggest_int("x", 0, 3), n_trials=8)
    assert {trial.params["x"] for trial in study.trials} == {0, 1, 2, 3}
