"""The ledger's own tables; they live beside Optuna's in the same database.

::

    sweeps ──< trials ──< runs ──< history
       │          └─────< attempts >── agents
       └─────────────────────────────────┘

What can be derived is not stored: a trial's state is that of its last attempt, and "needs a new attempt" is
"its last attempt crashed or was interrupted". Every change of a trial gives it the sweep's next ``revision``,
so that a reader asks only for what changed since it last looked.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

VERSION = 1
"""Rises with every change of the tables; a ledger of another version is refused, never guessed at."""


def _plain(value: Any) -> Any:
    """Turn NumPy scalars and arrays, which metrics often are, into what JSON knows."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


class Json(TypeDecorator[Any]):
    """JSON in a text column: unlike a database's own JSON type it keeps NaN and infinities."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Encode; None stays NULL."""
        return None if value is None else json.dumps(value, default=_plain)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decode."""
        return None if value is None else json.loads(value)


class Moment(TypeDecorator[datetime]):
    """A point in time, stored as UTC without a zone (as Optuna does) and read as an aware datetime."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

ledger_version = Table(
    "swatch_ledger", metadata, Column("version", Integer, primary_key=True, autoincrement=False)
)

sweeps = Table(
    "swatch_sweeps",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("study_id", Integer, nullable=False, comment="the Optuna study that mirrors the sweep"),
    Column("identity", String(64), nullable=False, comment="hash of the YAML, the overrides and the seed"),
    Column("yaml", Text, nullable=False),
    Column("overrides", Json, nullable=False),
    Column("parameters", Json, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("method", String(32), nullable=False),
    Column("metric", String(256), nullable=False),
    Column("goal", String(16), nullable=False),
    Column("wanted", Integer, comment="how many trials in all; NULL: no limit"),
    Column("repeats", Integer, nullable=False, comment="runs (seeds) per trial"),
    Column("function", Text),
    Column("options", Json, nullable=False),
    Column("state", String(32), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("controller", String(64), comment="the controller's row in swatch_agents"),
    Column("created", Moment, nullable=False),
)

agents = Table(
    "swatch_agents",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("sweep_id", ForeignKey("swatch_sweeps.id"), nullable=False, index=True),
    Column("role", String(16), nullable=False, comment="agent or controller"),
    Column("machine", String(256), nullable=False, comment="within it a pid means something"),
    Column("host", String(256), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process", String(64), comment="the process's start, which tells it from a later one of its pid"),
    Column("beat", Integer, nullable=False, comment="rises while the process lives: its lease"),
    Column("started", Moment, nullable=False),
    Column("seen", Moment, nullable=False, comment="for people; liveness looks at beat, as clocks may jump"),
    Column("ended", Moment),
    Column("reason", Text),
)

trials = Table(
    "swatch_trials",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sweep_id", ForeignKey("swatch_sweeps.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("point_key", String(128), nullable=False),
    Column("point", Json, nullable=False),
    Column("overrides", Json, nullable=False, comment="Hydra overrides: the trial's config, whole"),
    Column("objective", Float(53), comment="what the search sees; NULL before the first valid value"),
    Column("revision", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    UniqueConstraint("sweep_id", "number"),
    UniqueConstraint("sweep_id", "point_key"),
    Index("swatch_trials_revision", "sweep_id", "revision"),
)

runs = Table(
    "swatch_runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("trial_id", ForeignKey("swatch_trials.id"), nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("run_id", String(128), nullable=False, unique=True),
    Column("seed", Integer, nullable=False),
    Column("summary", Json),
    UniqueConstraint("trial_id", "repeat"),
)

attempts = Table(
    "swatch_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("trial_id", ForeignKey("swatch_trials.id"), nullable=False),
    Column("number", Integer, nullable=False, comment="from 1"),
    Column("optuna_trial_id", Integer, nullable=False),
    Column("agent_id", ForeignKey("swatch_agents.id"), nullable=False, index=True),
    Column("state", String(32), nullable=False),
    Column("reason", Text),
    Column("decision", Json),
    Column(
        "base", Integer, nullable=False, comment="the last epoch that earlier attempts had logged; else -1"
    ),
    Column("progressed", Boolean, nullable=False, comment="logged an epoch beyond its base"),
    Column("started", Moment, nullable=False),
    Column("ended", Moment),
    UniqueConstraint("trial_id", "number"),
)

history = Table(
    "swatch_history",
    metadata,
    Column("run", ForeignKey("swatch_runs.id"), primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("value", Float(53), comment="the sweep's metric; NULL if absent or not finite"),
    Column("record", Json, nullable=False),
)
