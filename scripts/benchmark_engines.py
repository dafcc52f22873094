"""The searches that ``benchmark_search.py`` compares: ours, and others' where they are installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from benchmark_problems import Problem
from swatch.sweep.distributions import Categorical, Discrete, IntUniform, LogUniform
from swatch.sweep.records import Point, TrialRecord, TrialState
from swatch.sweep.search import Signal, propose


class Engine(Protocol):
    """One sweep of one search."""

    def ask(self) -> tuple[int, Point]:
        """Return a trial's number and its point."""

    def tell(self, number: int, value: float) -> None:
        """Report the value of a trial; others may still run."""


class Ours:
    """A search of :func:`swatch.sweep.search.propose`."""

    def __init__(self, problem: Problem, seed: int, evaluations: int, method: str) -> None:
        self._space, self._seed, self._count, self._method = problem.space, seed, evaluations, method
        self._trials: list[TrialRecord] = []

    def ask(self) -> tuple[int, Point]:
        """Return a trial's number and its point."""
        number = len(self._trials)
        point = propose(
            self._space, self._method, self._trials, number=number, seed=self._seed, count=self._count
        )
        assert not isinstance(point, Signal), point
        key = self._space.point_key(point)
        self._trials.append(TrialRecord(number, point, key, "", 0, TrialState.RUNNING))
        return number, point

    def tell(self, number: int, value: float) -> None:
        """Report the value of a trial."""
        trial = self._trials[number]
        self._trials[number] = TrialRecord(
            number, trial.point, trial.point_key, "", 0, TrialState.FINISHED, objective=value
        )


class Optunas:
    """A sampler of Optuna's on distributions of its own, as its users write them."""

    def __init__(self, problem: Problem, seed: int, evaluations: int, sampler: str) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        kind = {"TPE": "TPESampler", "CMA-ES": "CmaEsSampler", "GPSampler": "GPSampler"}[sampler]
        self._study = optuna.create_study(sampler=getattr(optuna.samplers, kind)(seed=seed))
        self._space = problem.space
        self._open: dict[int, Any] = {}

    def ask(self) -> tuple[int, Point]:
        """Return a trial's number and its point."""
        trial = self._study.ask()
        self._open[trial.number] = trial
        return trial.number, {key: _suggest(trial, key, self._space.swept[key]) for key in self._space.swept}

    def tell(self, number: int, value: float) -> None:
        """Report the value of a trial."""
        self._study.tell(self._open.pop(number), value)


def _suggest(trial: Any, key: str, distribution: Any) -> Any:
    if isinstance(distribution, IntUniform):
        return trial.suggest_int(key, distribution.low, distribution.high)
    if isinstance(distribution, Categorical):
        values = list(distribution.values)
        if any(isinstance(value, str) for value in values):
            return trial.suggest_categorical(key, values)
        return values[trial.suggest_int(key, 0, len(values) - 1)]
    if isinstance(distribution, Discrete):
        return distribution.value_at(trial.suggest_int(key, 0, distribution.size - 1))
    return trial.suggest_float(key, *distribution.bounds, log=isinstance(distribution, LogUniform))


class WandbEngine:
    """W&B's own search, from its package ``sweeps``, which wants an environment with NumPy below 2."""

    def __init__(self, problem: Problem, seed: int, evaluations: int) -> None:
        import sweeps

        # It draws from NumPy's global generator and has no seed of its own.
        np.random.seed(seed)  # noqa: NPY002
        self._sweeps = sweeps
        self._config = {
            "method": "bayes",
            "metric": {"name": "value", "goal": "minimize"},
            "parameters": {key: dict(entry) for key, entry in problem.parameters.items()},
        }
        self._runs: list[Any] = []

    def ask(self) -> tuple[int, Point]:
        """Return a trial's number and its point."""
        run = self._sweeps.next_run(self._config, self._runs)
        run.state = self._sweeps.RunState.running
        self._runs.append(run)
        return len(self._runs) - 1, {key: entry["value"] for key, entry in run.config.items()}

    def tell(self, number: int, value: float) -> None:
        """Report the value of a trial."""
        run = self._runs[number]
        run.state = self._sweeps.RunState.finished
        run.summary_metrics = {"value": value}
        run.history = [{"value": value}]


def _is_here(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


_OURS = {
    "random": "random",
    "swatch gp": "bayes",
    "swatch tpe": "tpe",
    "swatch cmaes": "cmaes",
    "swatch qmc": "qmc",
}
NEEDS = {"swatch cmaes": "cmaes", "CMA-ES": "cmaes", "GPSampler": "torch", "W&B": "sweeps"}
"""What must be installed for some of them."""

ENGINES: dict[str, Callable[[Problem, int, int], Engine]] = {
    **{
        name: lambda problem, seed, count, method=method: Ours(problem, seed, count, method)
        for name, method in _OURS.items()
    },
    **{
        name: lambda problem, seed, count, name=name: Optunas(problem, seed, count, name)
        for name in ("TPE", "CMA-ES", "GPSampler")
    },
    "W&B": WandbEngine,
}
"""Name to ``engine(problem, seed, evaluations)``."""

DEFAULT = ("random", "swatch gp", "swatch tpe", "TPE", "CMA-ES")


def missing(names: Sequence[str]) -> dict[str, str]:
    """Return which of the engines cannot be had here, and what they need."""
    return {name: NEEDS[name] for name in names if name in NEEDS and not _is_here(NEEDS[name])}
