"""Our searches and our stopping rule inside an Optuna study."""

from __future__ import annotations

import warnings
from typing import Any

import optuna
import pytest

from swatch.sweep.config import SweepConfig
from swatch.sweep.optuna_sampler import SweepPruner, SweepSampler
from swatch.sweep.pruners.stopping import Hyperband
from swatch.sweep.search import propose
from swatch.sweep.space.search_space import SearchSpace

PARAMETERS: dict[str, Any] = {
    "x": {"distribution": "normal", "mu": 0.0, "sigma": 1.0},
    "rate": {"distribution": "log_uniform", "min": -5, "max": -1},
    "width": {"distribution": "q_uniform", "min": 64, "max": 512, "q": 64},
    "share": {"distribution": "q_uniform", "min": 0.0, "max": 1.0, "q": 0.1},
    "layers": {"values": [[64, 32], [128], None]},
    "flag": {"values": [True, False]},
    "depth": {"min": 1, "max": 5},
    "model": {"parameters": {"act": {"value": "relu"}, "size": {"values": [1, 2.5]}}},
}
SMALL = {"depth": {"min": 1, "max": 3}, "opt": {"values": ["adam", "sgd"]}}


def space_of(parameters: dict[str, Any]) -> SearchSpace:
    return SweepConfig.from_mapping({"method": "random", "parameters": parameters}).space


def study_of(sampler: SweepSampler, direction: str = "minimize") -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        direction=optuna.study.StudyDirection[direction.upper()],
        sampler=sampler,
        pruner=optuna.pruners.NopPruner(),
    )


def loss_of(point: dict[str, Any]) -> float:
    return abs(point["x"] - 0.3) + point["depth"] / 10


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_points_are_those_of_our_search_with_their_types(method: str) -> None:
    space = space_of(PARAMETERS)
    sampler = SweepSampler(space, method, seed=3, count=15)
    study = study_of(sampler)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in range(15):
            expected = propose(
                space, method, sampler.records(study), number=number, seed=3, goal="minimize", count=15
            )
            assert isinstance(expected, dict)
            trial = study.ask()
            found = sampler.suggest(trial)
            assert found == space.full_point(expected)
            assert [type(found[key]) for key in expected] == [type(value) for value in expected.values()]
            study.tell(trial, loss_of(found))
    assert sampler.is_exhausted(study)


def test_a_study_made_again_from_the_same_trials_goes_on_alike() -> None:
    space = space_of(PARAMETERS)
    first = study_of(sampler := SweepSampler(space, "bayes"))
    for _ in range(12):
        trial = first.ask()
        first.tell(trial, loss_of(sampler.suggest(trial)))
    again = study_of(SweepSampler(space, "bayes"))
    again.add_trials(first.get_trials())
    points = []
    for study in (first, again):
        assert isinstance(study.sampler, SweepSampler)
        points.append(study.sampler.suggest(study.ask()))
    assert points[0] == points[1]


def test_a_grid_is_visited_once_whatever_becomes_of_its_trials() -> None:
    sampler = SweepSampler(space_of(SMALL), "grid")
    study = study_of(sampler)
    seen = []
    states = optuna.trial.TrialState
    for state in (states.COMPLETE, states.FAIL, states.COMPLETE, states.FAIL, states.RUNNING, states.RUNNING):
        assert not sampler.is_exhausted(study)
        trial = study.ask()
        seen.append(tuple(sampler.suggest(trial).values()))
        if state == states.COMPLETE:
            study.tell(trial, 1.0)
        elif state == states.FAIL:
            study.tell(trial, state=state)
    assert sorted(seen) == [(depth, opt) for depth in (1, 2, 3) for opt in ("adam", "sgd")]
    assert sampler.is_exhausted(study)
    with pytest.raises(ValueError, match="every point of the search space has been tried"):
        sampler.suggest(study.ask())


def test_an_enqueued_trial_keeps_its_values() -> None:
    sampler = SweepSampler(space_of(PARAMETERS), "random")
    study = study_of(sampler)
    given = {"x": 0.5, "rate": 0.05, "width": 128, "share": 0.3, "layers": [128], "flag": False, "depth": 2}
    study.enqueue_trial({**given, "model.act": "relu", "model.size": 2.5})
    assert sampler.suggest(study.ask()) == {**given, "model.act": "relu", "model.size": 2.5}


def test_optunas_own_distributions_are_filled_from_the_point() -> None:
    space = space_of({**SMALL, "rate": {"min": 0.0, "max": 1.0}, "epochs": {"value": 3}})
    study = study_of(SweepSampler(space, "random"))
    trial = study.ask(
        {
            "depth": optuna.distributions.IntDistribution(1, 3),
            "opt": optuna.distributions.CategoricalDistribution(["adam", "sgd"]),
            "rate": optuna.distributions.FloatDistribution(0.0, 1.0),
            "epochs": optuna.distributions.CategoricalDistribution([3]),
        }
    )
    expected = propose(space, "random", [], number=0, seed=0)
    assert isinstance(expected, dict)
    assert trial.params == {**expected, "epochs": 3}
    with pytest.raises(ValueError, match="no parameter 'momentum'"):
        trial.suggest_float("momentum", 0.0, 1.0)


@pytest.mark.parametrize(("direction", "best"), [("minimize", 0.2), ("maximize", 0.9)])
def test_the_objective_is_the_best_that_a_trial_reported(direction: str, best: float) -> None:
    sampler = SweepSampler(space_of(SMALL), "random")
    study = study_of(sampler, direction)
    for values, last in (([0.5, 0.9, 0.2], 0.4), ([], None), ([float("nan")], None)):
        trial = study.ask()
        sampler.suggest(trial)
        for step, value in enumerate(values):
            trial.report(value, step)
        if last is not None:
            study.tell(trial, last)
        else:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
    records = sampler.records(study)
    assert [(record.state.value, record.objective) for record in records] == [
        ("finished", best),
        ("failed", None),
        ("failed", None),
    ]


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_the_pruner_is_the_sweeps_hyperband(direction: str) -> None:
    sign = 1.0 if direction == "minimize" else -1.0
    sampler = SweepSampler(space_of(SMALL), "random")
    study = optuna.create_study(
        direction=optuna.study.StudyDirection[direction.upper()],
        sampler=sampler,
        pruner=SweepPruner(Hyperband(min_iter=2, eta=4.0)),
    )
    stopped = []
    for loss in (0.1, 0.9, 0.05):
        trial = study.ask()
        sampler.suggest(trial)
        trial.report(sign * 2.0, 1)
        assert not trial.should_prune(), "before the first band"
        trial.report(sign * loss, 2)
        stopped.append(trial.should_prune())
        study.tell(trial, sign * loss)
    assert stopped == [False, True, False], "only the best of those at the band goes on"
