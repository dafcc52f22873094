"""What a trial is judged by: the best values of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.engine import Connection

from swatch.sweep.ledger.attempt import Attempt
from swatch.sweep.ledger.schema import history, runs, trials


def end_run(connection: Connection, attempt: Attempt, summary: Mapping[str, Any]) -> None:
    """Keep the summary of the run under way, which counts in its trial's objective from then on."""
    connection.execute(update(runs).where(runs.c.id == attempt.run).values(summary=dict(summary)))
    connection.execute(
        update(trials).where(trials.c.id == attempt.trial_id).values(objective=objective_of(attempt))
    )


def objective_of(attempt: Attempt) -> Any:
    """Return the subquery of a trial's objective: the mean, over its runs that have ended, of their best.

    The first run counts while it is under way.
    """
    best = func.min(history.c.value) if attempt.goal == "minimize" else func.max(history.c.value)
    counts: ColumnElement[bool] = runs.c.summary.is_not(None)
    if attempt.repeat == 0:
        counts = counts | (runs.c.id == attempt.run)
    each = (
        select(best.label("best"))
        .join(runs, runs.c.id == history.c.run)
        .where(runs.c.trial_id == attempt.trial_id, counts)
        .group_by(history.c.run)
        .subquery()
    )
    return select(func.avg(each.c.best)).scalar_subquery()


def last_epoch(connection: Connection, run: int) -> int:
    """Return the last epoch that a run has logged; -1 if there is none."""
    reached = connection.execute(select(func.max(history.c.epoch)).where(history.c.run == run)).scalar()
    return -1 if reached is None else int(reached)
