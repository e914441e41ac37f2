"""The append-only ledger of transitions: the truth about every release.

One row per (line, epoch), written by compare-and-set, never changed: triggers refuse UPDATE and
DELETE in the database itself. SQLite embedded, PostgreSQL in a cluster.
"""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import NullPool

from slipway.domain.errors import LedgerConflict
from slipway.domain.release import LineState, Transition, fold

LOCK_WAIT_S = 30

_METADATA = sa.MetaData()
TRANSITIONS = sa.Table(
    "slipway_transitions",
    _METADATA,
    sa.Column("line", sa.String(200), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("from_stage", sa.String(20)),
    sa.Column("to_stage", sa.String(20), nullable=False),
    sa.Column("share", sa.Float, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("evidence_digest", sa.String(64)),
    sa.Column("body", sa.Text, nullable=False),
)

_SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS slipway_no_{verb.lower()} BEFORE {verb} ON slipway_transitions "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)
_POSTGRES_GUARDS = (
    """CREATE OR REPLACE FUNCTION slipway_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$""",
    """CREATE OR REPLACE TRIGGER slipway_no_change BEFORE UPDATE OR DELETE OR TRUNCATE
    ON slipway_transitions FOR EACH STATEMENT EXECUTE FUNCTION slipway_append_only()""",
)
_POSTGRES_LOCK = "SELECT pg_advisory_xact_lock(7166117)"  # any constant: one creator at a time


class Ledger:
    """All transitions of all lines at a database ``url`` (SQLAlchemy).

    The table is made where it is missing; any number of processes may do so at once. Connections
    are not kept, so a ledger survives a fork.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        if not sa.inspect(self._engine).has_table(TRANSITIONS.name):
            self._create()

    def _create(self) -> None:
        postgres = self._engine.dialect.name == "postgresql"
        table = sa.schema.CreateTable(TRANSITIONS, if_not_exists=True)
        with self._writer() as connection:
            if postgres:
                connection.exec_driver_sql(_POSTGRES_LOCK)
            connection.execute(table)
            for guard in _POSTGRES_GUARDS if postgres else _SQLITE_GUARDS:
                connection.exec_driver_sql(guard)

    def _writer(self) -> Any:  # noqa: ANN401 - SQLAlchemy's own context manager
        return self._engine.execution_options(slipway_write=True).begin()

    def append(self, transition: Transition) -> None:
        """Write the next transition of its line.

        Raises LedgerConflict unless its epoch is the line's last epoch + 1: another writer was
        first, or the decision was made on an old state.
        """
        last = (
            sa.select(sa.func.coalesce(sa.func.max(TRANSITIONS.c.epoch), 0))
            .where(TRANSITIONS.c.line == transition.line)
            .scalar_subquery()
        )
        row = _row(transition)
        values = [sa.literal(row[c.name], c.type) for c in TRANSITIONS.c]
        guarded = sa.select(*values).where(last == transition.epoch - 1)
        statement = sa.insert(TRANSITIONS).from_select([c.name for c in TRANSITIONS.c], guarded)
        try:
            with self._writer() as connection:
                written = connection.execute(statement).rowcount
        except sa.exc.IntegrityError:
            written = 0
        if written != 1:
            raise LedgerConflict(
                f"{transition.line}.epoch",
                found=transition.epoch,
                expected=f"{self.state(transition.line).epoch} + 1",
                next_step="another step was taken meanwhile; look again",
            )

    def transitions(self, line: str) -> tuple[Transition, ...]:
        """All transitions of ``line`` in the order of their epochs."""
        query = (
            sa.select(TRANSITIONS.c.body)
            .where(TRANSITIONS.c.line == line)
            .order_by(TRANSITIONS.c.epoch)
        )
        with self._engine.connect() as connection:
            bodies = connection.execute(query).scalars().all()
        return tuple(Transition.from_dict(json.loads(body)) for body in bodies)

    def state(self, line: str) -> LineState:
        """What ``line`` serves now."""
        return fold(line, self.transitions(line))


def _row(transition: Transition) -> dict[str, Any]:
    body = transition.to_dict()
    plain = ("line", "epoch", "at", "actor", "from_stage", "to_stage", "share", "reason")
    return {name: body[name] for name in plain} | {
        "version": transition.candidate.version,
        "evidence_digest": transition.evidence_digest,
        "body": json.dumps(body, sort_keys=True),
    }


def _engine(url: str) -> sa.Engine:
    if sa.make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, poolclass=NullPool)
    engine = sa.create_engine(url, poolclass=NullPool, connect_args={"timeout": LOCK_WAIT_S})

    # The driver's own transactions leave DDL outside and deadlock readers that turn writers:
    # begin by hand, and at once with the write lock where a write follows.
    @event.listens_for(engine, "connect")
    def _by_hand(connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's objects
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        write = connection.get_execution_options().get("slipway_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
