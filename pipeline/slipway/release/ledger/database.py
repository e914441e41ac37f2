"""The ledger's database: connections that survive a fork, and its tables at the version this code knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import NullPool

from slipway.domain.errors import LedgerUnavailable
from slipway.release.ledger.tables import VERSION_TABLE, drop_guards, make_guards

REVISIONS = ("0001", "0002")
"""Versions of the tables that this code can read and bring up, oldest first."""
HEAD = REVISIONS[-1]
LOCK_WAIT_S = 30

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7166117)"  # any constant: one migration at a time
_AWAY = (sa.exc.OperationalError, sa.exc.InterfaceError)
_LOST_RACES = ("40001", "40P01")  # PostgreSQL: not serialisable, deadlock


class LedgerDatabase:
    """One database at a ``url`` (SQLAlchemy): SQLite, or PostgreSQL with psycopg or psycopg2.

    Connections are not kept. Methods raise LedgerUnavailable where the database does not answer.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)

    @property
    def is_postgres(self) -> bool:
        """Whether it is PostgreSQL."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One connection to read with: all of its queries see the same state on SQLite."""
        with self._said_clearly(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction: all of it stands afterwards, or nothing of it."""
        options = {"slipway_write": True}
        with self._said_clearly(), self.engine.execution_options(**options).begin() as connection:
            yield connection

    def revision(self) -> str | None:
        """The version of the tables that stand there; ``None`` for an empty database."""
        with self.reading() as connection:
            return _revision(connection)

    def migrate(self, to: str = HEAD) -> None:
        """Bring the tables to a version, up or down, in one transaction; any number may try at once."""
        with self.writing() as connection:
            if self.is_postgres:
                connection.exec_driver_sql(_ONE_AT_A_TIME)
            found = _revision(connection)
            if found == to:
                return
            drop_guards(connection)
            _alembic(connection, to, up=found is None or found < to)
            make_guards(connection)

    @contextmanager
    def _said_clearly(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            damaged = "malformed" in str(error.orig) or "not a database" in str(error.orig)
            if not damaged and (not isinstance(error, _AWAY) or lost_race(error)):
                raise
            raise LedgerUnavailable(
                f"ledger at {self.engine.url.render_as_string(hide_password=True)}",
                found=(str(error.orig).splitlines() or [type(error).__name__])[0],
                expected="an answer",
                next_step="move the damaged file away and run `slipway ledger repair`: it puts the rows"
                " back from their copy"
                if damaged
                else "start the database again; nothing was half-written",
            ) from error


def lost_race(error: sa.exc.DBAPIError) -> bool:
    """Whether PostgreSQL broke a transaction off because another one was faster."""
    codes = (getattr(error.orig, name, None) for name in ("sqlstate", "pgcode"))
    return any(code in _LOST_RACES for code in codes)


def _revision(connection: sa.Connection) -> str | None:
    found = sa.inspect(connection)
    if found.has_table(VERSION_TABLE):
        named: sa.ColumnClause[str] = sa.column("version_num", sa.String)
        query = sa.select(named).select_from(sa.table(VERSION_TABLE))
        word = connection.execute(query).scalar()
        return word or None
    return None


def _alembic(connection: sa.Connection, to: str, *, up: bool) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    (command.upgrade if up else command.downgrade)(config, to)


def _engine(url: str) -> sa.Engine:
    if sa.make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, poolclass=NullPool)
    engine = sa.create_engine(url, poolclass=NullPool, connect_args={"timeout": LOCK_WAIT_S})

    # The driver's own transactions leave DDL outside and deadlock readers that turn writers:
    # begin by hand, and at once with the write lock where a write follows.
    @event.listens_for(engine, "connect")
    def _by_hand(connection: Any, _record: Any) -> None:  # the driver's objects
        connection.isolation_level = None
        # a damaged text is read as one that differs, not as an error that hides the others
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        write = connection.get_execution_options().get("slipway_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
