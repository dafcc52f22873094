"""Training one configuration with several seeds in turn: ``--repeats``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swatch.sweep.ledger import Attempt, Ledger
from swatch.sweep.ledger.view import SweepView
from swatch.sweep.names import repeat_id
from swatch.sweep.records import RunRecord, SweepRecord, TrialRecord


def run_of(view: SweepView, attempt: Attempt) -> TrialRecord | RunRecord:
    """Return what the view knows of the run under way: the trial itself without repeats."""
    trial = view.trial(attempt.trial_number)
    return trial.runs[attempt.repeat] if trial.runs else trial


def resume_repeats(ledger: Ledger, view: SweepView, sweep: SweepRecord, attempt: Attempt) -> Attempt:
    """Return the attempt at the first seed whose run has not ended; those that have are not trained again."""
    if sweep.repeats == 1:
        return attempt
    view.refresh()
    ended = sum(run.has_ended for run in view.trial(attempt.trial_number).runs)
    return _go_to(ledger, view, attempt, min(ended, sweep.repeats - 1), None) if ended else attempt


def next_run(ledger: Ledger, view: SweepView, attempt: Attempt, summary: Mapping[str, Any]) -> Attempt:
    """Go on to the next seed, now that a run has ended with ``summary``."""
    return _go_to(ledger, view, attempt, attempt.repeat + 1, summary)


def with_seed(reason: str | None, sweep: SweepRecord, attempt: Attempt) -> str | None:
    """Return a failure's reason with the seed that met it, where there are several."""
    return reason if sweep.repeats == 1 else f"{reason or 'failed'} (seed {attempt.seed})"


def _go_to(
    ledger: Ledger, view: SweepView, attempt: Attempt, repeat: int, after: Mapping[str, Any] | None
) -> Attempt:
    first = view.trial(attempt.trial_number)
    return ledger.begin_run(
        attempt,
        repeat=repeat,
        run_id=repeat_id(first.run_id, repeat),
        seed=first.seed + repeat,
        after=after,
    )
