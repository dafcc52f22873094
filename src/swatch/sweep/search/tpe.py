"""The tree-structured Parzen estimator: Optuna's sampler over our search space."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Container, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
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
from optuna.trial import TrialState as OptunaState

from swatch.sweep.records import Point, TrialRecord
from swatch.sweep.search.bayes.columns import Column
from swatch.sweep.search.bayes.model import encoding_of
from swatch.sweep.search.losses import ended_and_pending, filled, loss_of
from swatch.sweep.search.random_search import propose_at_random
from swatch.sweep.search.signals import Proposal
from swatch.sweep.space.search_space import SearchSpace

Params = tuple[dict[str, Any], dict[str, BaseDistribution]]
"""A point as Optuna sees it: the active parameters' values and their distributions."""

# Sets these random numbers apart from others made from the sweep's seed.
TPE = 4
# How often to ask again for a point that is not taken before one is drawn at random.
MOST_REPETITIONS = 8


def propose_by_tpe(
    space: SearchSpace,
    trials: Sequence[TrialRecord],
    seen: AbstractSet[str],
    *,
    number: int,
    seed: int,
    goal: str,
) -> Proposal:
    """Return an unseen point drawn by Optuna's multivariate TPE; the arguments are those of ``propose``.

    Optuna sees one axis for each parameter: continuous ones by their quantile, numbers that can be counted by
    their rank, everything else as categories; inactive parameters are left out. Trials that run count as
    poor (Optuna's constant liar), failed ones as the worst seen. All trials are used, however many.

    Source: Watanabe, "Tree-Structured Parzen Estimator: Understanding Its Algorithm Components and Their
    Roles for Better Empirical Performance", 2023, as Optuna implements it.
    """
    axes = _axes(space)
    if not axes.columns:
        return propose_at_random(space, seen, number, seed)
    history = axes.frozen(trials, goal)
    study = _study(history)
    draw = np.random.SeedSequence([seed, TPE, number]).generate_state(1)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            multivariate=True, group=bool(space.conditions), constant_liar=True, seed=int(draw)
        )
        for _ in range(MOST_REPETITIONS):
            point = axes.sample(sampler, study, len(history))
            if space.point_key(point) not in seen:
                return point
    return propose_at_random(space, seen, number, seed)


class _Axes:
    """The searched parameters as Optuna's distributions, and points as its trials."""

    def __init__(self, space: SearchSpace) -> None:
        self._encoding = encoding_of(space)
        self.columns = self._encoding.columns
        self._ranks = [
            None if column.positions is None else np.argsort(np.argsort(column.positions)).tolist()
            for column in self.columns
        ]
        self._distributions = {column.key: _distribution(column) for column in self.columns}
        # Of ten thousand trials all but one were there at the last proposal.
        self._known: dict[str, Params | None] = {}

    def frozen(self, trials: Sequence[TrialRecord], goal: str) -> list[FrozenTrial]:
        """Return the trials within the space, those that ended first."""
        ended, pending = ended_and_pending(trials)
        inside = [(point, trial) for trial in ended if (point := self._params(trial)) is not None]
        losses = filled(np.array([loss_of(trial, goal) for _, trial in inside])).tolist()
        running = [point for trial in pending if (point := self._params(trial)) is not None]
        known = [(point, loss) for (point, _), loss in zip(inside, losses, strict=True)]
        pairs = [*known, *((point, None) for point in running)]
        return [_trial(index, *pair) for index, pair in enumerate(pairs)]

    def sample(self, sampler: optuna.samplers.BaseSampler, study: optuna.Study, number: int) -> Point:
        """Return a point for trial ``number`` of the study."""
        trial = _trial(number, ({}, {}), None)
        drawn = sampler.sample_relative(study, trial, sampler.infer_relative_search_space(study, trial))
        values: Point = dict(self._encoding.fixed)
        for column, ranks in zip(self.columns, self._ranks, strict=True):
            if not self._encoding.space.is_active(column.key, values):
                continue
            key, distribution = column.key, self._distributions[column.key]
            at = drawn[key] if key in drawn else sampler.sample_independent(study, trial, key, distribution)
            if ranks is not None:
                assert column.positions is not None
                at = column.positions[ranks.index(at)]
            values[key] = column.decode(float(at))
        return self._encoding.space.restrict(values)

    def _params(self, trial: TrialRecord) -> Params | None:
        """Return a trial's point as Optuna sees it; None if it lies outside the space."""
        if trial.point_key not in self._known:
            inside = self._encoding.space.contains(trial.point)
            self._known[trial.point_key] = self._translate(trial.point) if inside else None
        return self._known[trial.point_key]

    def _translate(self, point: Point) -> Params:
        params: dict[str, Any] = {}
        for column, ranks in zip(self.columns, self._ranks, strict=True):
            if column.key in point:
                at = column.encode(point[column.key])
                if ranks is not None:
                    assert column.positions is not None
                    at = ranks[int(np.flatnonzero(column.positions == at)[0])]
                params[column.key] = at
        return params, {key: self._distributions[key] for key in params}


_axes = lru_cache(maxsize=4)(_Axes)


def _distribution(column: Column) -> BaseDistribution:
    if column.positions is None:
        return FloatDistribution(0.0, 1.0)
    size = len(column.positions)
    return CategoricalDistribution(range(size)) if column.categorical else IntDistribution(0, size - 1)


def _trial(number: int, point: Params, loss: float | None) -> FrozenTrial:
    return FrozenTrial(
        number=number,
        trial_id=number,
        state=OptunaState.RUNNING if loss is None else OptunaState.COMPLETE,
        value=loss,
        params=point[0],
        distributions=point[1],
        datetime_start=None,
        datetime_complete=None,
        user_attrs={},
        system_attrs={},
        intermediate_values={},
    )


class _History(optuna.storages.InMemoryStorage):
    """A list of trials as a storage: samplers read it, and nothing is written or copied."""

    def __init__(self, trials: list[FrozenTrial]) -> None:
        super().__init__()
        self._history = trials

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[OptunaState] | None = None
    ) -> list[FrozenTrial]:
        """Return the trials in one of ``states``."""
        return [trial for trial in self._history if states is None or trial.state in states]

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Drop what the sampler notes of the trial that it draws; a proposal leaves nothing behind."""


def _study(trials: list[FrozenTrial]) -> optuna.Study:
    logging.getLogger("optuna.storages").setLevel(logging.WARNING)
    storage = _History(trials)
    storage.create_new_study([optuna.study.StudyDirection.MINIMIZE], "history")
    return optuna.Study("history", storage)
