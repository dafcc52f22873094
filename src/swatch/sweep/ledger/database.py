"""Opening the ledger's database, and its two kinds of transaction."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import event, select
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from swatch.errors import UserError
from swatch.sweep.ledger import schema

BUSY_SECONDS = 60.0
"""How long a SQLite writer waits for another one; they hold the lock for milliseconds."""
POSTGRESQL = "postgresql+psycopg"
"""PostgreSQL through psycopg 3, which the extra ``postgresql`` installs."""
# How SQLite and PostgreSQL say that a database is no longer what they wrote.
_DAMAGED = ("malformed", "not a database", "corrupt")


def sqlite_url(path: Path) -> str:
    """Return the URL of a ledger in one SQLite file."""
    return f"sqlite:///{path.absolute()}"


def parse_url(url: str) -> URL:
    """Check a storage URL, make a SQLite path absolute and name PostgreSQL's driver.

    Raises UserError for what is not a URL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        shown = re.sub(r":[^:@/]*@", ":***@", url)
        raise UserError(
            f"--storage '{shown}' is not a database URL; write sqlite:///path/to/file.db "
            "or postgresql://user@host/database."
        ) from error
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise UserError("--storage sqlite: needs a file, since every agent is a process of its own.")
        parsed = parsed.set(database=str(Path(parsed.database).absolute()))
    if parsed.drivername in ("postgresql", "postgres"):
        # SQLAlchemy takes a bare `postgresql` for psycopg2, and does not know `postgres`, which libpq does.
        parsed = parsed.set(drivername=POSTGRESQL)
    return parsed


def shown_url(url: str) -> str:
    """Return a storage URL without its password, for people."""
    return make_url(url).render_as_string(hide_password=True)


class LedgerError(UserError):
    """The database cannot be used: locked for too long, damaged, full or out of reach."""


class Database:
    """One engine and the rules by which it reads and writes.

    SQLite runs in WAL mode (readers never wait for the writer) and writes in ``BEGIN IMMEDIATE``
    transactions: one that started as a reader could not be upgraded while another one writes.
    """

    def __init__(self, url: str, *, create: bool, read_only: bool = False) -> None:
        self.url = parse_url(url)
        self.read_only = read_only
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            path = Path(str(self.url.database))
            if create:
                path.parent.mkdir(parents=True, exist_ok=True)
            elif not path.exists():
                raise UserError(f"there is no ledger at {path}.")
        self.engine = self._engine()
        with self._readable_errors():
            self._check_version(create)

    @property
    def text(self) -> str:
        """The URL with its password, for another process."""
        return self.url.render_as_string(hide_password=False)

    def _engine(self) -> sqlalchemy.Engine:
        try:
            if not self.is_sqlite:
                return sqlalchemy.create_engine(self.url, pool_pre_ping=True)
            if self.read_only:
                engine = sqlalchemy.create_engine(self.url, creator=self._connect_read_only)
                event.listen(engine, "begin", _begin_sqlite)
                return engine
            engine = sqlalchemy.create_engine(self.url, connect_args={"timeout": BUSY_SECONDS})
        except (NoSuchModuleError, ImportError) as error:
            is_known = self.url.drivername == POSTGRESQL
            way_out = "pip install 'swatch[postgresql]'" if is_known else str(error)
            raise UserError(
                f"--storage: no driver for '{self.url.drivername}' is installed; {way_out}."
            ) from error
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _connect_read_only(self) -> sqlite3.Connection:
        path = Path(str(self.url.database))
        # Without a log nobody is writing, and then SQLite need not make one to read beside.
        alone = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
        address = f"{path.as_uri()}?mode=ro{alone}"
        return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: one consistent picture."""
        with self._readable_errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes: all of it happens or nothing does."""
        with self._readable_errors(), self.engine.connect() as plain:
            connection = plain.execution_options(swatch_writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except (DatabaseError, sqlite3.DatabaseError) as error:
            cause = getattr(error, "orig", None) or error
            name = self.url.render_as_string(hide_password=True)
            # libpq answers in several lines.
            why = " ".join(str(cause).split()).rstrip(".?")
            kept = "Everything written before is kept."
            if any(word in why for word in _DAMAGED):
                kept = "It was left as it is; what the trials wrote lies in their run directories."
            raise LedgerError(f"the ledger {name} cannot be used: {why}. {kept}") from error

    def _check_version(self, create: bool) -> None:
        names = set(sqlalchemy.inspect(self.engine).get_table_names())
        where = self.url.render_as_string(hide_password=True)
        if "swatch_ledger" not in names:
            if not create:
                raise UserError(f"{where} is a database, but it holds no Swatch sweeps.")
            self._create_tables()
        with self.read() as connection:
            version = connection.execute(select(schema.ledger_version.c.version)).scalar()
        if version != schema.VERSION:
            raise UserError(
                f"{where} was written by another version of Swatch (ledger version {version}, this one "
                f"writes {schema.VERSION}); it was left as it is. Use that version, or start a new ledger."
            )

    def _create_tables(self) -> None:
        try:
            with self.write() as connection:
                schema.metadata.create_all(connection)
                stored = connection.execute(select(schema.ledger_version.c.version)).scalar()
                if stored is None:
                    connection.execute(schema.ledger_version.insert().values(version=schema.VERSION))
        except (UserError, SQLAlchemyError):
            # Another process made them in the same moment: then they are there now.
            if "swatch_ledger" not in sqlalchemy.inspect(self.engine).get_table_names():
                raise


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # The driver would begin transactions by itself, and too late; `_begin_sqlite` does it.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("swatch_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
