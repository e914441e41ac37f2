"""Airflow's sessions on SQLite: a savepoint takes the write lock first.

Python's ``sqlite3`` opens no transaction before a savepoint, so SQLite opens a reading one. When
another process commits between the session's first read and its first write, SQLite refuses the
write at once, whatever the timeout (SQLITE_BUSY_SNAPSHOT, https://www.sqlite.org/isolation.html):
a backfill started in the UI then ends in "database is locked". Asking for the write lock up front
makes the session wait for its turn instead.
"""

from sqlalchemy import Connection, Engine, event

CONNECT_ARGS = {
    "timeout": 300
}  # wall seconds that a writer waits for its turn, also where cores are few


def lock_before_savepoints() -> None:
    """Listen to every engine of this process; engines of other databases are left alone."""
    event.listen(Engine, "savepoint", _begin)


def _begin(connection: Connection, name: str) -> None:  # noqa: ARG001 - SQLAlchemy calls by name
    if connection.dialect.name != "sqlite":
        return
    driver = connection.connection.driver_connection
    if driver is not None and not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
