"""The ledger's tables, and the guards in the database that keep them append-only."""

import sqlalchemy as sa

METADATA = sa.MetaData()
TRANSITIONS = sa.Table(
    "slipway_transitions",
    METADATA,
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
    sa.Column("digest", sa.String(64)),  # a writer of before 0.3 leaves none, and may return harm
)
REPAIRS = sa.Table(
    "slipway_ledger_repairs",
    METADATA,
    sa.Column("line", sa.String(200), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)
VERSION_TABLE = "slipway_ledger_version"

_KEYS = {TRANSITIONS.name: "epoch", REPAIRS.name: "number"}
_REFUSED = "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
# bits of a trigger's type: 2 before, 8 delete, 16 update, 32 truncate
_POSTGRES_TRIGGERS = """SELECT c.relname, t.tgname, t.tgenabled::text || p.prosrc FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgtype = 2 + 8 + 16 + 32 AND t.tgqual IS NULL AND pg_table_is_visible(c.oid)"""
_POSTGRES_FUNCTION = """CREATE OR REPLACE FUNCTION slipway_append_only() RETURNS trigger
LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"""


def sqlite_guards(table: str) -> dict[str, str]:
    """Name → statement of the triggers of a table.

    A replacing insert removes a row without asking the guard of DELETE: it is refused before it
    looks for the row, whether it names the key or SQLite's own row id.
    """
    suffix = "" if table == TRANSITIONS.name else f"_{table.removeprefix('slipway_')}"
    plain = {
        f"slipway_no_{verb.lower()}{suffix}": f"BEFORE {verb} ON {table} {_REFUSED}"
        for verb in ("UPDATE", "DELETE")
    }
    taken = (
        f"SELECT 1 FROM {table} WHERE rowid = NEW.rowid OR "  # noqa: S608 - names of our own
        f"(line = NEW.line AND {_KEYS[table]} = NEW.{_KEYS[table]})"
    )
    replacing = f"BEFORE INSERT ON {table} WHEN EXISTS ({taken}) {_REFUSED}"
    return plain | {f"slipway_no_replace{suffix}": replacing}


def postgres_guards(table: str) -> dict[str, str]:
    """Name → statement of the triggers of a table."""
    what = f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT"
    return {"slipway_no_change": f"{what} EXECUTE FUNCTION slipway_append_only()"}


def make_guards(connection: sa.Connection) -> None:
    """Make the guards of all the ledger's tables, whatever stands there now."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_POSTGRES_FUNCTION)
    for table in present_tables(connection):
        for name, statement in _guards(connection, table).items():
            _drop(connection, name, table)
            connection.exec_driver_sql(f"CREATE TRIGGER {name} {statement}")


def drop_guards(connection: sa.Connection) -> None:
    """Take the guards away, inside of a transaction that makes them again."""
    for table in present_tables(connection):
        for name in _guards(connection, table):
            _drop(connection, name, table)


def missing_guards(connection: sa.Connection) -> tuple[str, ...]:
    """Guards that do not stand in the database as they were made, as ``table.trigger``."""
    found = _standing(connection)
    return tuple(
        f"{table}.{name}"
        for table in (TRANSITIONS.name, REPAIRS.name)
        for name, statement in _guards(connection, table).items()
        if not _same(connection, found.get((table, name)), name, statement)
    )


def present_tables(connection: sa.Connection) -> list[str]:
    """The ledger's tables that are there."""
    there = sa.inspect(connection).get_table_names()
    return [table for table in _KEYS if table in there]


def _guards(connection: sa.Connection, table: str) -> dict[str, str]:
    return (postgres_guards if connection.dialect.name == "postgresql" else sqlite_guards)(table)


def _drop(connection: sa.Connection, name: str, table: str) -> None:
    on = f" ON {table}" if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{on}")


def _standing(connection: sa.Connection) -> dict[tuple[str, str], str]:
    """(table, trigger) → its text on SQLite, whether it is enabled on PostgreSQL."""
    if connection.dialect.name == "postgresql":
        query = _POSTGRES_TRIGGERS
    else:
        query = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'"
    return {(str(t), str(n)): str(text) for t, n, text in connection.exec_driver_sql(query)}


def _same(connection: sa.Connection, found: str | None, name: str, statement: str) -> bool:
    if found is None or connection.dialect.name != "postgresql":
        return found == f"CREATE TRIGGER {name} {statement}"
    body = _POSTGRES_FUNCTION.split("$$")[1]
    return found in (f"O{body}", f"A{body}")
