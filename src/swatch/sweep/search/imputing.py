"""W&B's ``metric.impute`` and ``metric.impute_while_running``: what a trial counts that has no result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from swatch.sweep.config.metric import Metric
from swatch.sweep.records import TrialRecord, TrialState, finite


def imputed(trials: Sequence[TrialRecord], metric: Metric) -> list[TrialRecord]:
    """Return the trials as the Bayesian search is to see them.

    A trial that failed or crashed counts by ``impute``: as the worst seen (the default), with its own best
    value, or with its latest; the worst again if it logged none, where W&B takes 0. One that runs is
    pending by default; with any ``impute_while_running`` it counts with its best value so far, and if it
    has logged none, with ``worst`` as the worst and else as pending. (W&B's engine, too, takes the best value
    of a running trial whatever the strategy.)

    The worst seen is the worst of the ended trials' objectives. W&B takes the worst value of any of their
    epochs, which most often is that of an untrained network and would say less of how bad a failure is.
    """
    return [_seen(trial, metric) for trial in trials]


def _seen(trial: TrialRecord, metric: Metric) -> TrialRecord:
    if trial.state in (TrialState.FAILED, TrialState.CRASHED) and metric.impute != "worst":
        value = trial.objective if metric.impute == "best" else _latest(trial, metric.name)
        return trial if value is None else replace(trial, state=TrialState.FINISHED, objective=value)
    if trial.state is TrialState.RUNNING and metric.impute_while_running != "false":
        if trial.objective is not None:
            return replace(trial, state=TrialState.FINISHED)
        if metric.impute_while_running == "worst":
            return replace(trial, state=TrialState.FAILED)
    return trial


def _latest(trial: TrialRecord, name: str) -> float | None:
    values = (finite(record.get(name)) for record in reversed(trial.history))
    return next((value for value in values if value is not None), None)
