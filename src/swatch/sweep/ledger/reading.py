"""Reading sweeps and trials: plain SQL over the ledger's own tables, without Optuna."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, null, select
from sqlalchemy.engine import Connection

from swatch.errors import UserError, did_you_mean
from swatch.sweep.ledger.liveness import ProcessRecord
from swatch.sweep.ledger.schema import agents, attempts, history, runs, sweeps, trials
from swatch.sweep.records import Metrics, RunRecord, SweepRecord, SweepState, TrialRecord, TrialState

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
        state=SweepState(row.state),
        created=row.created,
        function=row.function,
        parameters=row.parameters,
        options=row.options,
        repeats=row.repeats,
    )


def read_trials(
    connection: Connection,
    sweep_id: str,
    *,
    since: int = 0,
    with_history: bool = True,
    numbers: Sequence[int] | None = None,
    slim: bool = False,
) -> list[TrialRecord]:
    """Return the trials changed after revision ``since``, by number.

    ``numbers`` asks for these alone. ``slim`` leaves out whatever is stored as JSON (points, overrides,
    summaries, histories, runs): thousands of trials are read in a moment then.
    """
    query = select(sweeps.c.options, sweeps.c.repeats, sweeps.c.goal).where(sweeps.c.id == sweep_id)
    sweep = connection.execute(query).one_or_none()
    if sweep is None:
        raise unknown_sweep(connection, sweep_id)
    allowed = int(sweep.options.get("retries", DEFAULT_RETRIES))
    chosen = [trials.c.sweep_id == sweep_id, trials.c.revision > since]
    if numbers is not None:
        chosen.append(trials.c.number.in_(list(numbers)))
    rows = connection.execute(_trials_query(chosen, slim)).all()
    idle = _idle(connection, chosen) if any((row.attempt or 0) > 1 for row in rows) else {}
    if slim:
        return [_trial(row, [], {}, allowed, idle) for row in rows]
    repeated = _runs(connection, chosen, sweep.goal) if sweep.repeats > 1 else {}
    known = [run.id for trial_runs in repeated.values() for run in trial_runs] or [row.run for row in rows]
    histories = _histories(connection, known) if with_history else {}
    return [_trial(row, repeated.get(row.id, []), histories, allowed, idle) for row in rows]


def _idle(connection: Connection, chosen: Sequence[ColumnElement[bool]]) -> dict[int, float]:
    """Return the seconds between the attempts of each trial that has several, by the trial's row."""
    several = select(attempts.c.trial_id).where(attempts.c.number > 1)
    query = (
        select(attempts.c.trial_id, attempts.c.started, attempts.c.ended)
        .join(trials, trials.c.id == attempts.c.trial_id)
        .where(*chosen, attempts.c.trial_id.in_(several))
        .order_by(attempts.c.trial_id, attempts.c.number)
    )
    found: dict[int, float] = defaultdict(float)
    for earlier, later in itertools.pairwise(connection.execute(query)):
        if earlier.trial_id == later.trial_id and earlier.ended is not None:
            found[later.trial_id] += (later.started - earlier.ended).total_seconds()
    return found


def _runs(
    connection: Connection, chosen: Sequence[ColumnElement[bool]], goal: str
) -> dict[int, list[Row[Any]]]:
    """Return the runs of each trial, by the trial's row, with each run's best value."""
    best = func.min(history.c.value) if goal == "minimize" else func.max(history.c.value)
    query = (
        select(runs, best.label("best"))
        .join(trials, trials.c.id == runs.c.trial_id)
        .outerjoin(history, history.c.run == runs.c.id)
        .where(*chosen)
        .group_by(*runs.c)
        .order_by(runs.c.trial_id, runs.c.repeat)
    )
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.trial_id].append(row)
    return found


def _trials_query(chosen: Sequence[ColumnElement[bool]], slim: bool) -> Select[Any]:
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
        .where(*chosen)
        .group_by(attempts.c.trial_id)
        .subquery()
    )
    heavy = [trials.c.point, trials.c.overrides, runs.c.summary, attempts.c.decision]
    return (
        select(
            trials.c.id,
            trials.c.number,
            trials.c.point_key,
            trials.c.objective,
            *([null().label(column.name) for column in heavy] if slim else heavy),
            runs.c.id.label("run"),
            runs.c.run_id,
            runs.c.seed,
            attempts.c.state,
            attempts.c.reason,
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
        .where(*chosen)
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


def _trial(
    row: Row[Any],
    repeated: list[Row[Any]],
    histories: dict[int, list[Metrics]],
    retries: int,
    idle: Mapping[int, float],
) -> TrialRecord:
    state = _state(row.state, row.charged or 0, retries)
    each = (
        RunRecord(run.run_id, run.seed, histories.get(run.id, []), run.summary or {}, run.best)
        for run in repeated
    )
    return TrialRecord(
        number=row.number,
        point=row.point or {},
        point_key=row.point_key,
        run_id=row.run_id,
        seed=row.seed,
        state=state,
        reason=row.reason,
        attempts=row.attempt or 0,
        history=histories.get(row.run, []),
        summary=row.summary or {},
        objective=row.objective,
        started=row.first_started,
        ended=row.ended if state.is_over else None,
        idle=idle.get(row.id, 0.0),
        agent=row.agent_id,
        decision=row.decision,
        overrides=tuple(row.overrides or ()),
        runs=tuple(each),
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
