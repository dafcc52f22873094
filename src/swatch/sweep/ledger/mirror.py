"""The ledger as Optuna sees it: a study per sweep and an Optuna trial per attempt.

The ledger's own tables decide; this mirror makes the same database readable for optuna-dashboard and for
Optuna's samplers. Optuna's storage writes it *inside the ledger's transaction* (its session joins the
connection with a savepoint), so that the two never disagree, whenever a process dies.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import orm, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError, IntegrityError

from swatch.sweep.ledger.database import BUSY_SECONDS

if TYPE_CHECKING:
    import optuna

_MOST_TRIES = 20
"""How often Optuna is asked to make its tables, of which it has about a dozen."""

AttemptEnd = Literal["finished", "stopped", "failed", "crashed", "interrupted"]


@dataclass(frozen=True)
class Axis:
    """How one swept parameter looks to Optuna: numbers as real values, everything else by a stable key."""

    kind: Literal["float", "int", "categorical"]
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[str, ...] = ()


def choice_key(value: Any) -> str:
    """Return the stable key of a categorical value: itself if a string, else canonical JSON."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


class OptunaMirror:
    """Writes a sweep's Optuna study."""

    def __init__(self, url: str, axes: Mapping[str, Axis]) -> None:
        import optuna

        logging.getLogger("optuna.storages").setLevel(logging.WARNING)
        self._optuna = optuna
        self._axes = axes
        self.name_is_taken = optuna.exceptions.DuplicatedStudyError
        # Optuna takes the URL for a template; a folder's name may hold braces.
        plain = url.replace("{", "{{").replace("}", "}}")
        patient = {"connect_args": {"timeout": BUSY_SECONDS}} if url.startswith("sqlite") else {}
        self._storage = self._open(plain, patient)
        # From here on it only ever uses the ledger's connections.
        self._storage.engine.dispose()
        self._merged: set[int] = set()

    def _open(self, url: str, engine_kwargs: Mapping[str, Any]) -> optuna.storages.RDBStorage:
        """Open Optuna's storage, which makes its tables if there are none.

        It makes them one after the other, and fails at one that another process makes in the same moment;
        every such failure says that one more is there now.
        """
        for _ in range(_MOST_TRIES - 1):
            try:
                return self._optuna.storages.RDBStorage(url, engine_kwargs=dict(engine_kwargs))
            except DatabaseError as error:
                if not isinstance(error, IntegrityError) and "already exists" not in str(error):
                    raise
        return self._optuna.storages.RDBStorage(url, engine_kwargs=dict(engine_kwargs))

    @contextmanager
    def _joined(self, connection: Connection) -> Iterator[optuna.storages.RDBStorage]:
        session = orm.scoped_session(
            orm.sessionmaker(bind=connection, join_transaction_mode="create_savepoint")
        )
        self._storage.scoped_session = session
        try:
            yield self._storage
        finally:
            session.remove()

    def create_study(self, connection: Connection, name: str, goal: str, metric: str) -> int:
        """Create the sweep's study and return its id."""
        direction = getattr(self._optuna.study.StudyDirection, goal.upper())
        with self._joined(connection) as storage:
            study_id = storage.create_new_study([direction], name)
            # The name of the value's axis, as `Study.set_metric_names` stores it.
            storage.set_study_system_attr(study_id, "study:metric_names", [metric])
        return study_id

    def begin(
        self, connection: Connection, study_id: int, point: Mapping[str, Any], attributes: Mapping[str, Any]
    ) -> int:
        """Create the Optuna trial of a new attempt and return its id."""
        if study_id not in self._merged:
            self._merge_with_recorded(connection, study_id)
            self._merged.add(study_id)
        values = {name: self._value(name, value) for name, value in point.items() if name in self._axes}
        template = self._optuna.trial.create_trial(
            state=self._optuna.trial.TrialState.RUNNING,
            params=values,
            distributions={name: self._distribution(name, value) for name, value in values.items()},
            user_attrs=dict(attributes),
        )
        with self._joined(connection) as storage:
            return storage.create_new_trial(study_id, template)

    def report(self, connection: Connection, trial_id: int, values: Mapping[int, float]) -> None:
        """Report intermediate values, by epoch."""
        with self._joined(connection) as storage:
            for epoch, value in values.items():
                storage.set_trial_intermediate_value(trial_id, epoch, value)

    def end(
        self,
        connection: Connection,
        trial_id: int,
        state: AttemptEnd,
        reason: str | None,
        objective: float | None,
    ) -> None:
        """End the attempt's Optuna trial.

        A stopped trial keeps its best value, which ``Study.tell`` would replace by its last one.
        """
        states = self._optuna.trial.TrialState
        named = {"finished": states.COMPLETE, "stopped": states.PRUNED}.get(state, states.FAIL)
        if named is states.COMPLETE and objective is None:
            named = states.FAIL
        values = None if objective is None or named is states.FAIL else [objective]
        with self._joined(connection) as storage:
            storage.set_trial_user_attr(trial_id, "state", state)
            if reason is not None:
                storage.set_trial_user_attr(trial_id, "reason", reason)
            storage.set_trial_state_values(trial_id, named, values)

    def _value(self, name: str, value: Any) -> Any:
        kind = self._axes[name].kind
        return choice_key(value) if kind == "categorical" else value

    def _distribution(self, name: str, value: Any) -> optuna.distributions.BaseDistribution:
        from optuna import distributions

        axis = self._axes[name]
        if axis.kind == "categorical":
            return distributions.CategoricalDistribution(axis.choices)
        # A value may lie a rounding error outside; Optuna would refuse the trial for it.
        low, high = min(axis.low, value), max(axis.high, value)
        return self._number(axis.kind, low, high, axis.log and low > 0)

    def _number(
        self, kind: str, low: float, high: float, log: bool
    ) -> optuna.distributions.IntDistribution | optuna.distributions.FloatDistribution:
        from optuna import distributions

        if kind == "int":
            return distributions.IntDistribution(math.floor(low), math.ceil(high), log=log)
        return distributions.FloatDistribution(low, high, log=log)

    def _merge_with_recorded(self, connection: Connection, study_id: int) -> None:
        """Let parameters change as an edited sweep may change them, which Optuna refuses.

        Optuna stores a choice as its index, so recorded choices keep their places, new ones follow, and the
        older trials' distributions are rewritten to the longer list. It also wants one kind of number and one
        scale for all trials: where those changed, the older trials get the new ones.
        """
        merged = dict(self._axes)
        for name, axis in self._axes.items():
            where = {"study": study_id, "name": name}
            rows = connection.execute(text(_RECORDED_DISTRIBUTIONS), where).scalars().all()
            if not rows:
                continue
            recorded: list[Any] = [self._optuna.distributions.json_to_distribution(row) for row in rows]
            wanted: Any
            if axis.kind == "categorical":
                known = recorded[0].choices
                choices = (*known, *(choice for choice in axis.choices if choice not in known))
                merged[name] = Axis("categorical", choices=choices)
                wanted = self._optuna.distributions.CategoricalDistribution(choices)
                is_other = len(choices) > len(known)
            else:
                low = min(axis.low, *(distribution.low for distribution in recorded))
                high = max(axis.high, *(distribution.high for distribution in recorded))
                wanted = self._number(axis.kind, low, high, axis.log and low > 0)
                merged[name] = Axis(axis.kind, axis.low, axis.high, wanted.log)
                is_other = any(type(old) is not type(wanted) or old.log != wanted.log for old in recorded)
            if is_other:
                longer = self._optuna.distributions.distribution_to_json(wanted)
                connection.execute(text(_REWRITE_DISTRIBUTION), {**where, "json": longer})
        self._axes = merged


_RECORDED_DISTRIBUTIONS = """
    SELECT DISTINCT p.distribution_json FROM trial_params p JOIN trials t ON t.trial_id = p.trial_id
    WHERE t.study_id = :study AND p.param_name = :name
"""
_REWRITE_DISTRIBUTION = """
    UPDATE trial_params SET distribution_json = :json WHERE param_name = :name
    AND trial_id IN (SELECT trial_id FROM trials WHERE study_id = :study)
"""
