"""Our searches and our stopping rule for an Optuna study: for programs that ask Optuna for their points."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

from swatch.sweep.distributions import Categorical, Discrete, Distribution
from swatch.sweep.pruners.stopping import Rule, decide
from swatch.sweep.records import Point, TrialRecord, TrialState, finite
from swatch.sweep.search import Signal, propose
from swatch.sweep.space.search_space import SearchSpace

_STATES = {
    optuna.trial.TrialState.COMPLETE: TrialState.FINISHED,
    optuna.trial.TrialState.PRUNED: TrialState.STOPPED,
    optuna.trial.TrialState.FAIL: TrialState.FAILED,
    optuna.trial.TrialState.RUNNING: TrialState.RUNNING,
    optuna.trial.TrialState.WAITING: TrialState.WAITING,
}
# Bounds for any distribution: the sampler draws, Optuna only keeps what it drew.
_FAR = 1e300


class SweepSampler(optuna.samplers.BaseSampler):
    """Draws the points of one search space with one of our searches: grid, random or bayes.

    The search reads the study's trials and nothing else: a study that is made again from the same trials goes
    on as if it had never ended. The objective of a trial is the best value that it reported, as in a sweep
    of ours. The study has one objective, and asks for parameters of the space alone.
    """

    def __init__(self, space: SearchSpace, method: str, *, seed: int = 0, count: int | None = None) -> None:
        """Remember what to search; ``count`` is how many trials there will be, if that is known."""
        self._space, self._method = space, method
        self._seed, self._count = seed, count
        self._drawn: tuple[int, Point] | None = None

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return nothing: a trial's whole point is drawn when it asks for its first parameter."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return nothing; see :meth:`infer_relative_search_space`."""
        return {}

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return one parameter of the trial's point.

        Raises ValueError for a name that the space does not have, and if every point has been tried.
        """
        if param_name in self._space.constants:
            return self._space.constants[param_name]
        if param_name not in self._space.swept:
            raise ValueError(f"the search space has no parameter '{param_name}'")
        if self._drawn is None or self._drawn[0] != trial.number:
            self._drawn = trial.number, self._draw(study, trial)
        return self._drawn[1][param_name]

    def is_exhausted(self, study: optuna.Study) -> bool:
        """Whether there is nothing left to propose: all points, or all trials that were wanted, are taken."""
        trials = self.records(study)
        if self._count is not None and len(trials) >= self._count:
            return True
        size = self._space.size
        return size is not None and len({trial.point_key for trial in trials}) >= size

    def suggest(self, trial: optuna.Trial) -> dict[str, Any]:
        """Return the trial's whole point with the constants, dotted key to value, for any distribution.

        Values keep their types, and a trial that was enqueued with values gets those.
        """
        found = {}
        with warnings.catch_warnings():
            # Of lists among the choices, which only matter where trials are kept in a file.
            warnings.simplefilter("ignore", UserWarning)
            for key, distribution in self._space.swept.items():
                if isinstance(distribution, Categorical):
                    found[key] = trial.suggest_categorical(key, list(distribution.values))
                else:
                    number = trial.suggest_float(key, -_FAR, _FAR)
                    found[key] = _typed(distribution, number)
        return self._space.full_point(found)

    def records(self, study: optuna.Study) -> list[TrialRecord]:
        """Return the study's trials that have a point, as our searches read them."""
        found = []
        for trial in study.get_trials(deepcopy=False):
            if all(key in trial.params for key in self._space.swept):
                point = {key: _plain(trial.params[key], d) for key, d in self._space.swept.items()}
                found.append(record_of(trial, study, point, self._space))
        return found

    def _draw(self, study: optuna.Study, trial: FrozenTrial) -> Point:
        proposal = propose(
            self._space,
            self._method,
            [record for record in self.records(study) if record.number != trial.number],
            number=trial.number,
            seed=self._seed,
            goal=study.direction.name.lower(),
            count=self._count,
        )
        if not isinstance(proposal, Signal):
            return proposal
        raise ValueError("every point of the search space has been tried")


def record_of(trial: FrozenTrial, study: optuna.Study, point: Point, space: SearchSpace) -> TrialRecord:
    """Return one of Optuna's trials as our searches read it; its objective is the best that it reported."""
    best = min if study.direction == optuna.study.StudyDirection.MINIMIZE else max
    values = _finite([*trial.intermediate_values.values(), trial.value])
    return TrialRecord(
        number=trial.number,
        point=point,
        point_key=space.point_key(point),
        run_id=str(trial.number),
        seed=0,
        state=_STATES[trial.state],
        objective=best(values) if values else None,
    )


class SweepPruner(optuna.pruners.BasePruner):
    """A sweep's stopping rule as an Optuna pruner; a report is an iteration."""

    def __init__(self, rule: Rule) -> None:
        """Remember the rule."""
        self._rule = rule

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether the trial stops now; see :func:`swatch.sweep.pruners.stopping.decide`."""
        histories = {
            other.number: [value for _, value in sorted(other.intermediate_values.items())]
            for other in study.get_trials(deepcopy=False)
        }
        return decide(self._rule, study.direction.name.lower(), histories, trial.number).stop


def _typed(distribution: Distribution, number: float) -> Any:
    """Return the parameter's own value where Optuna keeps a real number."""
    if isinstance(distribution, Discrete):
        return distribution.value_at(distribution.index_of(number))
    return number


def _plain(value: Any, distribution: Distribution) -> Any:
    if isinstance(distribution, Categorical) or not isinstance(value, int | float):
        return value
    try:
        return _typed(distribution, value)
    except ValueError:
        return value  # from outside the space, which the searches leave aside


def _finite(values: Sequence[Any]) -> list[float]:
    return [number for value in values if (number := finite(value)) is not None]
