"""Reading sweeps and trials: plain SQL over the ledger's own tables, without Optuna."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, select
from sqlalchemy.engine import Connection

from swatch.errors import UserError, did_you_mean
from swatch.sweep.ledger.schema import agents, attempts, history, runs, sweeps, trials
from swatch.sweep.liveness import ProcessRecord
from swatch.sweep.records import Metrics, SweepRecord, TrialRecord, TrialState

DEFAULT_RETRIES = 3

_ROWS_PER_QUERY = 500


def unknown_sweep(connection: Connection, sweep_id: str) -> UserError:
    """Return the error for a sweep that is not there, with the nearest id."""
    known = connection.execute(select(sweeps.c.id)).scalars().all()
    return UserError(f"there is no sweep '{sweep_id}' in this ledger.{did_you_mean(sweep_id, known)}")


def read_sweep(row: Row[Any]) -> SweepRecord:
    """Turn a row of ``swatch_sweeps`` into its record."""
    return SweepRecord(
        id=row.id,
        yaml=row.yaml,
        overrides=tuple(row.overrides),
        seed=row.seed,
        method=row.method,
        metric=row.metric,
        goal=row.goal,
        count=row.wanted,
        state=row.state,
        created=row.created,
        function=row.function,
        parameters=row.parameters,
        options=row.options,
    )


def read_trials(
    connection: Connection, sweep_id: str, *, since: int = 0, with_history: bool = True
) -> list[TrialRecord]:
    """Return the trials changed after revision ``since``, by number."""
    query = select(sweeps.c.options).where(sweeps.c.id == sweep_id)
    options = connection.execute(query).scalar_one_or_none()
    if options is None:
        raise unknown_sweep(connection, sweep_id)
    allowed = int(options.get("retries", DEFAULT_RETRIES))
    rows = connection.execute(_trials_query(sweep_id, since)).all()
    histories = _histories(connection, [row.run for row in rows]) if with_history else {}
    return [_trial(row, histories.get(row.run, []), allowed) for row in rows]


def _trials_query(sweep_id: str, since: int) -> Select[Any]:
    """One row per trial: its own columns, its first run's and its last attempt's."""
    # A crash is charged to the trial only if the attempt had got no further than those before it.
    charged = (attempts.c.state == "crashed") & ~attempts.c.progressed
    per_trial = (
        select(
            attempts.c.trial_id,
            func.max(attempts.c.number).label("last"),
            func.min(attempts.c.started).label("first_started"),
            func.sum(case((charged, 1), else_=0)).label("charged"),
        )
        .join(trials, trials.c.id == attempts.c.trial_id)
        .where(trials.c.sweep_id == sweep_id, trials.c.revision > since)
        .group_by(attempts.c.trial_id)
        .subquery()
    )
    return (
        select(
            trials,
            runs.c.id.label("run"),
            runs.c.run_id,
            runs.c.seed,
            runs.c.summary,
            attempts.c.state,
            attempts.c.reason,
            attempts.c.decision,
            attempts.c.agent_id,
            attempts.c.ended,
            attempts.c.number.label("attempt"),
            per_trial.c.first_started,
            per_trial.c.charged,
        )
        .join(runs, (runs.c.trial_id == trials.c.id) & (runs.c.repeat == 0))
        .outerjoin(per_trial, per_trial.c.trial_id == trials.c.id)
        .outerjoin(
            attempts,
            and_(attempts.c.trial_id == trials.c.id, attempts.c.number == per_trial.c.last),
        )
        .where(trials.c.sweep_id == sweep_id, trials.c.revision > since)
        .order_by(trials.c.number)
    )


def _histories(connection: Connection, run_rows: list[int]) -> dict[int, list[Metrics]]:
    found: dict[int, list[Metrics]] = defaultdict(list)
    for start in range(0, len(run_rows), _ROWS_PER_QUERY):
        query = (
            select(history.c.run, history.c.record)
            .where(history.c.run.in_(run_rows[start : start + _ROWS_PER_QUERY]))
            .order_by(history.c.run, history.c.epoch)
        )
        for row in connection.execute(query):
            found[row.run].append(row.record)
    return found


def _trial(row: Row[Any], epochs: list[Metrics], retries: int) -> TrialRecord:
    state = _state(row.state, row.charged or 0, retries)
    return TrialRecord(
        number=row.number,
        point=row.point,
        point_key=row.point_key,
        run_id=row.run_id,
        seed=row.seed,
        state=state,
        reason=row.reason,
        attempts=row.attempt or 0,
        history=epochs,
        summary=row.summary or {},
        objective=row.objective,
        started=row.first_started,
        ended=row.ended if state.is_over else None,
        agent=row.agent_id,
        decision=row.decision,
        overrides=tuple(row.overrides),
    )


def _state(last_attempt: str | None, charged: int, retries: int) -> TrialState:
    """Derive the trial's state from that of its last attempt and the crashes charged to it."""
    if last_attempt == "crashed" and charged > retries:
        return TrialState.CRASHED
    if last_attempt in (None, "crashed", "interrupted"):
        return TrialState.WAITING
    return TrialState(last_attempt)


def read_processes(connection: Connection, sweep_id: str) -> list[ProcessRecord]:
    """Return the agents and the controller that have not said goodbye."""
    query = select(agents).where(agents.c.sweep_id == sweep_id, agents.c.ended.is_(None))
    return [
        ProcessRecord(row.id, row.machine, row.host, row.pid, row.process, row.beat)
        for row in connection.execute(query)
    ]
