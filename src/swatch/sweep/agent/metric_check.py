"""Noticing early that trials do not log the metric that their sweep is judged by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from swatch.errors import UserError, did_you_mean
from swatch.sweep.agent.trial import Trial
from swatch.sweep.ledger.view import SweepView
from swatch.sweep.records import SweepRecord, TrialRecord

_NO_METRICS = {"epoch", "step", "seconds", "timestamp"}


def logged(trial: Trial) -> bool:
    """Whether the trial's run has logged the metric at all, be it no number."""
    return any(trial.metric in record for record in trial.history)


def nothing_to_judge(trial: Trial) -> str:
    """Say why a trial that came to its end has no objective."""
    values = [record[trial.metric] for record in trial.history if trial.metric in record]
    if values and not any(isinstance(value, int | float | None) for value in values):
        return f"'{trial.metric}' must be a number (last: {values[-1]!r})"
    if values:
        return f"diverged: '{trial.metric}' was never a finite number (last: {values[-1]})"
    names = _names(trial.history)
    return f"it never logged '{trial.metric}' ({_what(names)})"


def check_metric(view: SweepView, trial: Trial) -> None:
    """Raise UserError if a trial has ended without the metric and no other trial has logged it either.

    What the first trial does not log the others will not: they would all be trained for nothing.
    """
    if any(other.objective is not None for other in view.trials):
        return
    near = did_you_mean(trial.metric, _names(trial.history))
    raise UserError(
        f"trial {trial.number} of sweep {trial.sweep_id} came to its end, and {nothing_to_judge(trial)}."
        f"{near} The sweep ends here: no other trial would have a result either."
    )


def early_notice(sweep: SweepRecord, trials: Iterable[TrialRecord]) -> str | None:
    """Return a line if trials have logged epochs and none of them the metric."""
    begun = [trial for trial in trials if trial.history]
    if not begun or any(sweep.metric in record for trial in begun for record in trial.history):
        return None
    names = _names(begun[0].history)
    return (
        f"trial {begun[0].number} has begun without '{sweep.metric}', by which the sweep is judged "
        f"({_what(names)}).{did_you_mean(sweep.metric, names)} If it ends so, the sweep does too."
    )


def _names(history: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted({key for record in history for key in record} - _NO_METRICS)


def _what(names: Sequence[str]) -> str:
    return f"it logged: {', '.join(names)}" if names else "it logged nothing"
