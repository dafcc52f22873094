"""Our Gaussian process as a sampler for any Optuna study, whose parameters become known as it runs."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial

from swatch.sweep.distributions import Categorical, Constant, Discrete, Distribution, LogUniform, Uniform
from swatch.sweep.distributions.base import number
from swatch.sweep.distributions.categorical import canonical
from swatch.sweep.optuna_sampler import record_of
from swatch.sweep.records import TrialRecord
from swatch.sweep.search import Signal, propose
from swatch.sweep.space.search_space import SearchSpace

# Sets these random numbers apart from others made from the seed.
INDEPENDENT = 8


class GaussianProcessSampler(optuna.samplers.BaseSampler):
    """Bayesian search for ``optuna.create_study(sampler=...)``.

    The parameters that every trial has had so far are searched together; others, and all those of the first
    trial, are drawn at random from their distribution. A study with one objective only.
    """

    def __init__(self, *, seed: int = 0) -> None:
        """Remember the seed; a study that is made again from the same trials goes on as if never ended."""
        self._seed = seed

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the parameters that all trials share and that have more than one value."""
        shared = optuna.search_space.intersection_search_space(study.get_trials(deepcopy=False))
        return {name: distribution for name, distribution in shared.items() if not distribution.single()}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the point with the highest expected improvement; nothing where every point was tried.

        Raises ValueError for a study with several objectives.
        """
        self._raise_error_if_multi_objective(study)
        if not search_space:
            return {}
        axes = {name: _Axis.of(distribution) for name, distribution in search_space.items()}
        space = SearchSpace({name: axis.distribution for name, axis in axes.items()})
        point = propose(
            space,
            "bayes",
            _records(study, trial, axes, space),
            number=trial.number,
            seed=self._seed,
            goal=study.direction.name.lower(),
        )
        if isinstance(point, Signal):
            return {}
        return {name: axes[name].outside(value) for name, value in space.full_point(point).items()}

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a random value, the same for the same seed, trial and name.

        Raises ValueError for a study with several objectives.
        """
        self._raise_error_if_multi_objective(study)
        entropy = [self._seed, INDEPENDENT, trial.number, zlib.crc32(param_name.encode())]
        unit = np.random.default_rng(np.random.SeedSequence(entropy)).random()
        axis = _Axis.of(param_distribution)
        return axis.outside(axis.distribution.from_unit(unit))


@dataclass(frozen=True)
class _Axis:
    """One of Optuna's distributions as one of ours."""

    distribution: Distribution
    choices: tuple[Any, ...] | None = None
    """Optuna's choices, where ours are their numbers as texts."""

    @classmethod
    def of(cls, distribution: BaseDistribution) -> _Axis:
        if isinstance(distribution, CategoricalDistribution):
            choices = tuple(distribution.choices)
            if len(choices) > 1 and _are_different_numbers(choices):
                return cls(Categorical(choices))
            return cls(Categorical([str(index) for index in range(len(choices))]), choices)
        assert isinstance(distribution, FloatDistribution | IntDistribution)
        low, high, step = distribution.low, distribution.high, distribution.step
        if low == high:
            return cls(Constant(low))
        if step is not None:
            count = round((Decimal(repr(high)) - Decimal(repr(low))) / Decimal(repr(step))) + 1
            return cls(_Steps(low, step, count))
        return cls(LogUniform.of_values(low, high) if distribution.log else Uniform(low, high))

    def inside(self, value: Any) -> Any:
        """Return our value for one of Optuna's; raises ValueError if there is none."""
        return value if self.choices is None else str(self.choices.index(value))

    def outside(self, value: Any) -> Any:
        """Return Optuna's value for one of ours."""
        return value if self.choices is None else self.choices[int(value)]


def _are_different_numbers(choices: tuple[Any, ...]) -> bool:
    reals = [number(choice) for choice in choices]
    if any(real is None or not math.isfinite(real) for real in reals):
        return False
    return len({canonical(choice) for choice in choices}) == len(choices)


@dataclass(frozen=True)
class _Steps(Discrete):
    """``count`` numbers from ``low`` on, ``step`` apart; whole if both are."""

    low: float
    step: float
    count: int
    name: str = "steps"

    @property
    def size(self) -> int:
        return self.count

    def value_at(self, index: int) -> float:
        if isinstance(self.low, int) and isinstance(self.step, int):
            return self.low + index * self.step
        # Decimal, so that three times 0.1 is 0.3.
        return float(Decimal(repr(self.low)) + index * Decimal(repr(self.step)))

    def index_of(self, value: Any) -> int:
        real = number(value)
        if real is not None and math.isfinite(real):
            index = round((real - self.low) / self.step)
            if 0 <= index < self.count and math.isclose(real, self.value_at(index), abs_tol=1e-9):
                return index
        raise ValueError(f"{value!r} is not one of {self.describe()}")

    def from_unit(self, unit: float) -> float:
        return self.value_at(min(int(unit * self.count), self.count - 1))

    def to_unit(self, value: Any) -> float:
        return (self.index_of(value) + 0.5) / self.count

    def describe(self) -> str:
        return f"{self.value_at(0):g} to {self.value_at(self.count - 1):g} in steps of {self.step:g}"


def _records(
    study: optuna.Study, own: FrozenTrial, axes: dict[str, _Axis], space: SearchSpace
) -> list[TrialRecord]:
    """Return the other trials that have all the parameters, with values that they still may have."""
    found = []
    for trial in study.get_trials(deepcopy=False):
        if trial.number == own.number or not all(name in trial.params for name in axes):
            continue
        try:
            values = {name: axis.inside(trial.params[name]) for name, axis in axes.items()}
        except ValueError:
            continue
        point = {name: values[name] for name in space.swept}
        if space.contains(point):
            found.append(record_of(trial, study, point, space))
    return found
