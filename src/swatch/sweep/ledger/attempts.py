"""Claiming points and living through attempts: every write to a trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.engine import Connection

from swatch.sweep.ledger.attempt import Attempt, Fenced
from swatch.sweep.ledger.mirror import AttemptEnd, OptunaMirror
from swatch.sweep.ledger.objective import end_run, last_epoch, objective_of
from swatch.sweep.ledger.schema import attempts, history, runs, sweeps, trials
from swatch.sweep.records import Metrics, Point, SweepState, finite


def lock(connection: Connection, sweep_id: str) -> int:
    """Take the sweep's next revision, which also makes its writers wait for one another."""
    revision: int = connection.execute(
        update(sweeps)
        .where(sweeps.c.id == sweep_id)
        .values(revision=sweeps.c.revision + 1)
        .returning(sweeps.c.revision)
    ).scalar_one()
    return revision


def insert_trial(
    connection: Connection,
    sweep_id: str,
    number: int,
    point: Point,
    point_key: str,
    overrides: Sequence[str],
) -> int | None:
    """Add the sweep's next trial, or return None if ``number`` is not the next or may not be taken."""
    revision = lock(connection, sweep_id)
    sweep = connection.execute(select(sweeps.c.state, sweeps.c.wanted).where(sweeps.c.id == sweep_id)).one()
    if sweep.state != SweepState.RUNNING or (sweep.wanted is not None and number >= sweep.wanted):
        return None
    taken = connection.execute(
        select(func.count()).select_from(trials).where(trials.c.sweep_id == sweep_id)
    ).scalar_one()
    known = connection.execute(
        select(exists().where(trials.c.sweep_id == sweep_id, trials.c.point_key == point_key))
    ).scalar_one()
    if taken != number or known:
        return None
    statement = insert(trials).values(
        sweep_id=sweep_id,
        number=number,
        point=point,
        point_key=point_key,
        overrides=list(overrides),
        revision=revision,
        created=datetime.now(UTC),
    )
    trial_id: int = connection.execute(statement.returning(trials.c.id)).scalar_one()
    return trial_id


def insert_attempt(connection: Connection, mirror: OptunaMirror, trial_id: int, agent_id: str) -> Attempt:
    """Begin the trial's next attempt. The caller has made sure that none is under way."""
    row = connection.execute(
        select(trials, runs.c.id.label("run"), runs.c.run_id, runs.c.seed, sweeps.c.study_id)
        .add_columns(sweeps.c.metric, sweeps.c.goal)
        .join(runs, (runs.c.trial_id == trials.c.id) & (runs.c.repeat == 0))
        .join(sweeps, sweeps.c.id == trials.c.sweep_id)
        .where(trials.c.id == trial_id)
    ).one()
    earlier = connection.execute(
        select(func.count()).select_from(attempts).where(attempts.c.trial_id == trial_id)
    ).scalar_one()
    number, started = earlier + 1, datetime.now(UTC)
    base = last_epoch(connection, row.run)
    attributes = {"trial": row.number, "run_id": row.run_id, "attempt": number, "seed": row.seed}
    optuna_trial_id = mirror.begin(connection, row.study_id, row.point, attributes)
    statement = insert(attempts).values(
        trial_id=trial_id,
        number=number,
        optuna_trial_id=optuna_trial_id,
        agent_id=agent_id,
        state="running",
        base=base,
        progressed=False,
        started=started,
    )
    attempt_id = connection.execute(statement.returning(attempts.c.id)).scalar_one()
    return Attempt(
        id=attempt_id,
        sweep_id=row.sweep_id,
        trial_id=trial_id,
        number=number,
        run=row.run,
        optuna_trial_id=optuna_trial_id,
        base=base,
        metric=row.metric,
        goal=row.goal,
        trial_number=row.number,
        point=row.point,
        run_id=row.run_id,
        seed=row.seed,
        started=started,
    )


def log_epochs(
    connection: Connection, mirror: OptunaMirror, attempt: Attempt, records: Sequence[Metrics], *, first: bool
) -> None:
    """Write epochs; what the run had logged from the first of them on is replaced.

    ``first`` says that the attempt logs for the first time: then the epochs that it took over from a
    checkpoint are copied to its Optuna trial, so that its curve is whole there.
    """
    revision = lock(connection, attempt.sweep_id)
    fence(connection, attempt)
    start = min(record["epoch"] for record in records)
    connection.execute(delete(history).where(history.c.run == attempt.run, history.c.epoch >= start))
    reported: dict[int, float] = {}
    if first:
        kept = select(history.c.epoch, history.c.value).where(history.c.run == attempt.run)
        reported = {row.epoch: row.value for row in connection.execute(kept) if row.value is not None}
    rows = []
    for record in records:
        value = finite(record.get(attempt.metric))
        rows.append({"run": attempt.run, "epoch": record["epoch"], "value": value, "record": record})
        if value is not None:
            reported[record["epoch"]] = value
    connection.execute(insert(history), rows)
    if max(record["epoch"] for record in records) > attempt.base:
        connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(progressed=True))
    connection.execute(
        update(trials)
        .where(trials.c.id == attempt.trial_id)
        .values(objective=objective_of(attempt), revision=revision)
    )
    if attempt.repeat == 0:
        mirror.report(connection, attempt.optuna_trial_id, reported)


def end_attempt(
    connection: Connection,
    mirror: OptunaMirror,
    attempt: Attempt,
    state: AttemptEnd,
    *,
    reason: str | None = None,
    summary: Mapping[str, Any] | None = None,
    decision: Mapping[str, Any] | None = None,
) -> None:
    """End an attempt that is still under way. Raises Fenced for one that is not."""
    revision = lock(connection, attempt.sweep_id)
    fence(connection, attempt)
    if summary is not None:
        end_run(connection, attempt, summary)
    values = {"state": state, "reason": reason, "decision": decision, "ended": attempt.now()}
    connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(**values))
    touched = update(trials).where(trials.c.id == attempt.trial_id).values(revision=revision)
    objective = connection.execute(touched.returning(trials.c.objective)).scalar_one()
    mirror.end(connection, attempt.optuna_trial_id, state, reason, objective)


def end_agents_attempts(
    connection: Connection,
    mirror: OptunaMirror,
    sweep_id: str,
    agent_id: str,
    state: AttemptEnd,
    reason: str,
) -> list[int]:
    """End whatever an agent had under way and return the trials' numbers; it is fenced from then on."""
    revision = lock(connection, sweep_id)
    open_attempts = connection.execute(
        select(attempts.c.id, attempts.c.trial_id, attempts.c.optuna_trial_id, trials.c.number)
        .join(trials, trials.c.id == attempts.c.trial_id)
        .where(attempts.c.agent_id == agent_id, attempts.c.state == "running")
    ).all()
    for row in open_attempts:
        values = {"state": state, "reason": reason, "ended": datetime.now(UTC)}
        connection.execute(update(attempts).where(attempts.c.id == row.id).values(**values))
        connection.execute(update(trials).where(trials.c.id == row.trial_id).values(revision=revision))
        mirror.end(connection, row.optuna_trial_id, state, reason, None)
    return [row.number for row in open_attempts]


def fence(connection: Connection, attempt: Attempt) -> None:
    """Raise Fenced unless the attempt is under way; it cannot be ended by others in this transaction."""
    state = connection.execute(
        select(attempts.c.state).where(attempts.c.id == attempt.id).with_for_update()
    ).scalar_one()
    if state != "running":
        raise Fenced(
            f"attempt {attempt.number} of trial {attempt.trial_number} was given up ({state}); "
            "its late reports are not taken."
        )
