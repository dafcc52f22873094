"""The runs of a trial that is trained with several seeds, one after the other within an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from swatch.sweep.ledger.attempt import Attempt
from swatch.sweep.ledger.attempts import fence, lock
from swatch.sweep.ledger.mirror import OptunaMirror
from swatch.sweep.ledger.objective import end_run, last_epoch
from swatch.sweep.ledger.schema import history, runs, trials


def begin_run(
    connection: Connection,
    mirror: OptunaMirror,
    attempt: Attempt,
    *,
    repeat: int,
    run_id: str,
    seed: int,
    after: Mapping[str, Any] | None,
) -> Attempt:
    """Go on to another of the trial's runs; one that an earlier attempt had begun keeps its id and its seed.

    ``after`` is the summary of the run under way, which has ended; None where the attempt begins with this
    run. Raises Fenced if the attempt was given up.
    """
    revision = lock(connection, attempt.sweep_id)
    fence(connection, attempt)
    if after is not None:
        end_run(connection, attempt, after)
    else:
        # The curve of the first run, which was trained by an earlier attempt, is this one's too.
        values = select(history.c.epoch, history.c.value).where(history.c.run == attempt.run)
        curve = {row.epoch: row.value for row in connection.execute(values) if row.value is not None}
        mirror.report(connection, attempt.optuna_trial_id, curve)
    query = select(runs).where(runs.c.trial_id == attempt.trial_id, runs.c.repeat == repeat)
    row = connection.execute(query).one_or_none()
    if row is None:
        values_of = {"trial_id": attempt.trial_id, "repeat": repeat, "run_id": run_id, "seed": seed}
        row = connection.execute(insert(runs).values(**values_of).returning(*runs.c)).one()
    connection.execute(update(trials).where(trials.c.id == attempt.trial_id).values(revision=revision))
    base = last_epoch(connection, row.id)
    return replace(attempt, run=row.id, run_id=row.run_id, seed=row.seed, repeat=repeat, base=base)
