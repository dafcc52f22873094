"""Sweeps of known trainings, each judged by a stopping rule after every epoch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from benchmark_search_table import SPACE
from benchmark_search_training import TrainingCurves
from swatch.sweep.pruners import Rule
from swatch.sweep.pruners.stopping import decide
from swatch.sweep.records import TrialRecord, TrialState
from swatch.sweep.search import Signal, propose
from swatch.sweep.search.continuing import as_if_continued

METRIC, GOAL = "accuracy", "maximize"

Array = NDArray[np.float64]

Progress = list[tuple[int, float]]
"""The epochs trained so far and the best accuracy, after every trial."""


@dataclass(frozen=True)
class Kept:
    """What a sweep leaves its user."""

    trial: int
    """The one with the best validation accuracy, by its place in the sweep."""
    epochs: int
    """That it was trained."""
    accuracy: float
    """Its best validation accuracy."""
    trained: int
    """Epochs of all trials."""


def kept(trainings: Sequence[Sequence[float]], rule: Rule | None) -> Kept:
    """Return what is left of trials one after the other, whose validation accuracies would be these."""
    sweep = Sweep(rule)
    for accuracies in trainings:
        sweep.train(accuracies)
    trial = max(sweep.histories, key=lambda number: max(sweep.histories[number]))
    return Kept(trial, len(sweep.histories[trial]), sweep.best, sweep.epochs)


def until(trainings: Sequence[Sequence[float]], rule: Rule | None, budget: int) -> Progress:
    """Return how trials one after the other come on until so many epochs are trained, or none is left."""
    sweep = Sweep(rule)
    progress: Progress = []
    for accuracies in trainings:
        if sweep.epochs >= budget:
            break
        sweep.train(accuracies)
        progress.append((sweep.epochs, sweep.best))
    return progress


def search(trainings: TrainingCurves, rule: Rule | None, seed: int, budget: int) -> Progress:
    """Run one sweep of the Bayesian search until its trials have trained ``budget`` epochs."""
    sweep = Sweep(rule)
    trials: list[TrialRecord] = []
    progress: Progress = []
    while sweep.epochs < budget:
        number = len(trials)
        point = propose(
            SPACE, "bayes", as_if_continued(trials, METRIC, GOAL), number=number, seed=seed, goal=GOAL
        )
        assert not isinstance(point, Signal), point
        accuracies = [100.0 - error for error in trainings.errors(point)]
        is_whole = sweep.train(accuracies)
        state = TrialState.FINISHED if is_whole else TrialState.STOPPED
        best = max(sweep.histories[number])
        key, history = SPACE.point_key(point), [{METRIC: value} for value in sweep.histories[number]]
        trials.append(TrialRecord(number, point, key, "", 0, state, history=history, objective=best))
        progress.append((sweep.epochs, sweep.best))
    return progress


class Sweep:
    """Trials one after the other, each judged after every epoch."""

    def __init__(self, rule: Rule | None) -> None:
        self.histories: dict[int, list[float]] = {}
        self.epochs = 0
        self._rule = rule

    @property
    def best(self) -> float:
        """The best accuracy of all."""
        return max(max(history) for history in self.histories.values())

    def train(self, accuracies: Sequence[float]) -> bool:
        """Train one more trial, whose accuracies would be these; return whether it came to its end."""
        number = len(self.histories)
        history = self.histories.setdefault(number, [])
        for accuracy in accuracies:
            history.append(accuracy)
            self.epochs += 1
            # After its last epoch there is nothing to stop.
            is_last = len(history) == len(accuracies)
            if not is_last and decide(self._rule, GOAL, self.histories, number).stop:
                return False
        return True


def bests(sweeps: Sequence[Progress], budget: int) -> Array:
    """Return the best accuracy of each sweep after 0, 1, 2 ... epochs, shape (sweeps, budget + 1)."""
    found = np.zeros((len(sweeps), budget + 1))
    for row, progress in zip(found, sweeps, strict=True):
        for epochs, best in progress:
            row[epochs:] = best
    return found


def first_at(best: Array, accuracy: float) -> int | None:
    """Return after how many epochs the mean of :func:`bests` is ``accuracy``; None if it never is."""
    reached = best.mean(axis=0) >= accuracy
    return int(reached.argmax()) if reached.any() else None
