"""The ledger's face: what agents, controllers and reports call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from swatch.sweep.ledger import attempts as writing
from swatch.sweep.ledger import repeats
from swatch.sweep.ledger.attempt import Attempt
from swatch.sweep.ledger.mirror import AttemptEnd
from swatch.sweep.ledger.process_store import ProcessStore
from swatch.sweep.ledger.reading import read_trials
from swatch.sweep.ledger.schema import attempts, runs, sweeps, trials
from swatch.sweep.ledger.sweep_store import SweepStore
from swatch.sweep.records import Metrics, Point, SweepState, TrialRecord


class Ledger(SweepStore, ProcessStore):
    """All that is known of the sweeps in one database.

    Reading needs no Optuna and takes milliseconds. Whoever claims and runs trials also gives ``axes``: how
    the parameters look to Optuna. Every public method is one transaction. Errors of the database (locked,
    damaged, full) are raised as UserError, saying that what was written is kept.
    """

    def trials(
        self, sweep_id: str, *, history: bool = True, numbers: Sequence[int] | None = None
    ) -> list[TrialRecord]:
        """Return all trials, or those with ``numbers``, by number."""
        with self._database.read() as connection:
            return read_trials(connection, sweep_id, with_history=history, numbers=numbers)

    def overview(self, sweep_id: str) -> list[TrialRecord]:
        """Return all trials by number without points, overrides, summaries, histories and runs.

        Cheap for thousands of them.
        """
        with self._database.read() as connection:
            return read_trials(connection, sweep_id, slim=True)

    def changes(self, sweep_id: str, since: int) -> tuple[int, list[TrialRecord]]:
        """Return the sweep's revision and the trials that changed after revision ``since``."""
        with self._database.read() as connection:
            query = select(sweeps.c.revision).where(sweeps.c.id == sweep_id)
            revision = connection.execute(query).scalar()
            if revision is not None and revision == since:
                return revision, []
            return revision or 0, read_trials(connection, sweep_id, since=since)

    def claim(
        self,
        sweep_id: str,
        agent_id: str,
        *,
        number: int,
        point: Point,
        point_key: str,
        overrides: Sequence[str],
        run_id: str,
        seed: int,
    ) -> Attempt | None:
        """Claim a new point as trial ``number`` and begin its first attempt, in one step.

        Returns None if another agent was faster (``number`` or the point is taken), or the sweep has all its
        trials or is not running: then read again and propose again.
        """
        try:
            with self._database.write() as connection:
                trial_id = writing.insert_trial(connection, sweep_id, number, point, point_key, overrides)
                if trial_id is None:
                    return None
                run = {"trial_id": trial_id, "repeat": 0, "run_id": run_id, "seed": seed}
                connection.execute(insert(runs).values(**run))
                return writing.insert_attempt(connection, self._mirror, trial_id, agent_id)
        except IntegrityError:
            return None

    def reclaim(self, sweep_id: str, agent_id: str, number: int) -> Attempt | None:
        """Begin the next attempt of a waiting trial.

        Returns None if another agent was faster or the sweep is not at work; one that stops still finishes
        what it has begun.
        """
        with self._database.write() as connection:
            revision = writing.lock(connection, sweep_id)
            where = (trials.c.sweep_id == sweep_id, trials.c.number == number)
            trial_id = connection.execute(select(trials.c.id).where(*where)).scalar_one()
            busy = connection.execute(
                select(func.count())
                .select_from(attempts)
                .where(
                    attempts.c.trial_id == trial_id,
                    attempts.c.state.not_in(("crashed", "interrupted")),
                )
            ).scalar_one()
            state = connection.execute(select(sweeps.c.state).where(sweeps.c.id == sweep_id)).scalar_one()
            if busy or state not in (SweepState.RUNNING, SweepState.STOPPING):
                return None
            connection.execute(update(trials).where(trials.c.id == trial_id).values(revision=revision))
            return writing.insert_attempt(connection, self._mirror, trial_id, agent_id)

    def log(self, attempt: Attempt, records: Sequence[Metrics], *, first: bool) -> None:
        """Write epochs of an attempt (``first``: its first ones). Raises Fenced if it was given up."""
        with self._database.write() as connection:
            writing.log_epochs(connection, self._mirror, attempt, records, first=first)

    def begin_run(
        self, attempt: Attempt, *, repeat: int, run_id: str, seed: int, after: Mapping[str, Any] | None
    ) -> Attempt:
        """Go on to another seed of a trial with repeats and return the handle for what is written about it.

        ``after`` is the summary of the run that has just ended, if there is one. Raises Fenced if the attempt
        was given up before.
        """
        with self._database.write() as connection:
            return repeats.begin_run(
                connection, self._mirror, attempt, repeat=repeat, run_id=run_id, seed=seed, after=after
            )

    def end_attempt(
        self,
        attempt: Attempt,
        state: AttemptEnd,
        *,
        reason: str | None = None,
        summary: Mapping[str, Any] | None = None,
        decision: Mapping[str, Any] | None = None,
    ) -> None:
        """End an attempt. Raises Fenced if it was given up before."""
        with self._database.write() as connection:
            writing.end_attempt(
                connection,
                self._mirror,
                attempt,
                state,
                reason=reason,
                summary=summary,
                decision=decision,
            )
