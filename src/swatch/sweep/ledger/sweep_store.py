"""The ledger's sweeps: creating, finding and changing them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from swatch.errors import UserError
from swatch.sweep.ledger.attempts import lock
from swatch.sweep.ledger.reading import read_sweep, unknown_sweep
from swatch.sweep.ledger.schema import sweeps
from swatch.sweep.ledger.store import Store
from swatch.sweep.records import SweepRecord, SweepState


class SweepStore(Store):
    """The part of the ledger that knows sweeps."""

    def create_sweep(self, sweep: SweepRecord, *, identity: str) -> None:
        """Add a sweep. Raises UserError if its id is taken."""
        mirror = self._mirror
        try:
            with self._database.write() as connection:
                study_id = mirror.create_study(connection, sweep.id, sweep.goal, sweep.metric)
                connection.execute(
                    insert(sweeps).values(
                        id=sweep.id,
                        study_id=study_id,
                        identity=identity,
                        yaml=sweep.yaml,
                        overrides=list(sweep.overrides),
                        parameters=dict(sweep.parameters),
                        seed=sweep.seed,
                        method=sweep.method,
                        metric=sweep.metric,
                        goal=sweep.goal,
                        wanted=sweep.count,
                        repeats=sweep.repeats,
                        function=sweep.function,
                        options=dict(sweep.options),
                        state=sweep.state,
                        revision=0,
                        created=sweep.created,
                    )
                )
        except (IntegrityError, mirror.name_is_taken) as error:
            raise UserError(f"the ledger already has a sweep '{sweep.id}'.") from error

    def sweep(self, sweep_id: str) -> SweepRecord:
        """Return a sweep. Raises UserError, with the nearest id, if there is none of that name."""
        with self._database.read() as connection:
            row = connection.execute(select(sweeps).where(sweeps.c.id == sweep_id)).one_or_none()
            if row is None:
                raise unknown_sweep(connection, sweep_id)
        return read_sweep(row)

    def sweeps(self) -> list[SweepRecord]:
        """Return all sweeps, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(sweeps).order_by(sweeps.c.created, sweeps.c.id)).all()
        return [read_sweep(row) for row in rows]

    def find(self, sweep_id: str) -> tuple[str, str] | None:
        """Return a sweep's state and the hash of what it was made from, or None if there is no such sweep."""
        query = select(sweeps.c.state, sweeps.c.identity).where(sweeps.c.id == sweep_id)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (row.state, row.identity)

    def standing(self, sweep_id: str) -> tuple[SweepState, int | None]:
        """Return a sweep's state and how many trials it is to have; cheap enough to be asked all the time."""
        query = select(sweeps.c.state, sweeps.c.wanted).where(sweeps.c.id == sweep_id)
        with self._database.read() as connection:
            row = connection.execute(query).one()
        return SweepState(row.state), row.wanted

    def change_state(
        self,
        sweep_id: str,
        state: SweepState,
        *,
        only_from: Collection[SweepState],
        count: int | None = None,
    ) -> bool:
        """Give a sweep another state if its present one is among ``only_from``; returns whether it was.

        With it goes, if given, another number of trials.
        """
        wanted = {} if count is None else {"wanted": count}
        with self._database.write() as connection:
            lock(connection, sweep_id)
            changed = connection.execute(
                update(sweeps)
                .where(sweeps.c.id == sweep_id, sweeps.c.state.in_(list(only_from)))
                .values(state=state, **wanted)
            )
            return bool(changed.rowcount)

    def end_sweep(self, sweep_id: str, state: SweepState, *, seen: tuple[SweepState, int | None]) -> bool:
        """Give a sweep its last state if it stands as ``seen`` (see ``standing``); returns whether it did.

        An order, or more trials, that come while a sweep ends are so either obeyed or find it ended.
        """
        with self._database.write() as connection:
            lock(connection, sweep_id)
            changed = connection.execute(
                update(sweeps)
                .where(
                    sweeps.c.id == sweep_id,
                    sweeps.c.state == seen[0],
                    sweeps.c.wanted.is_not_distinct_from(seen[1]),
                )
                .values(state=state)
            )
            return bool(changed.rowcount)

    def update_sweep(
        self,
        sweep_id: str,
        *,
        state: str | None = None,
        count: int | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Change a sweep's state, its number of trials or some of its options; None leaves a value."""
        with self._database.write() as connection:
            lock(connection, sweep_id)
            query = select(sweeps.c.options).where(sweeps.c.id == sweep_id)
            merged = {**connection.execute(query).scalar_one(), **(options or {})}
            values: dict[str, Any] = {"options": merged}
            values |= {"state": state} if state is not None else {}
            values |= {"wanted": count} if count is not None else {}
            connection.execute(update(sweeps).where(sweeps.c.id == sweep_id).values(**values))

    def edit_sweep(self, sweep: SweepRecord, *, identity: str) -> None:
        """Replace what a sweep was made from; its trials, its id and its state stay.

        What the trials so far are taken for must hold under ``sweep`` too: see
        :mod:`swatch.sweep.opening.editing`.
        """
        with self._database.write() as connection:
            lock(connection, sweep.id)
            query = select(sweeps.c.options).where(sweeps.c.id == sweep.id)
            kept = connection.execute(query).scalar_one()
            connection.execute(
                update(sweeps)
                .where(sweeps.c.id == sweep.id)
                .values(
                    identity=identity,
                    yaml=sweep.yaml,
                    overrides=list(sweep.overrides),
                    parameters=dict(sweep.parameters),
                    seed=sweep.seed,
                    method=sweep.method,
                    wanted=sweep.count,
                    options={**kept, **sweep.options},
                )
            )
