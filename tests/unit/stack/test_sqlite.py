"""A session that reads, then writes within a savepoint, while another process writes too."""

from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy as sa
from slipway.stack import sqlite
from sqlalchemy import event
from sqlalchemy.exc import OperationalError


@pytest.fixture
def engine(tmp_path: Path):
    """An engine on a fresh database in WAL mode, as Airflow opens it."""
    made = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}", connect_args=sqlite.CONNECT_ARGS)
    with made.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
    yield made
    if event.contains(sa.Engine, "savepoint", sqlite._begin):
        event.remove(sa.Engine, "savepoint", sqlite._begin)


def _write(engine: sa.Engine, value: int) -> None:
    with engine.begin() as other:
        other.exec_driver_sql(f"INSERT INTO t VALUES ({value})")


def _read_then_write(engine: sa.Engine, *, held_back: bool) -> list[int]:
    """What is in the table in the end; ``held_back``: the rival cannot write before our commit."""
    rival = Thread(target=_write, args=(engine, 1))
    with engine.connect() as connection:
        with connection.begin_nested():
            connection.exec_driver_sql("SELECT * FROM t").fetchall()
            rival.start()
            # who is held back shows it by not coming: a moment is enough, and too little harms nothing
            rival.join(timeout=1 if held_back else None)
            assert held_back == rival.is_alive()
            connection.exec_driver_sql("INSERT INTO t VALUES (2)")
        connection.commit()
    rival.join()
    with engine.connect() as connection:
        return sorted(connection.exec_driver_sql("SELECT a FROM t").scalars())


def test_without_the_lock_the_write_is_refused(engine):
    """The fault that the listener cures is real on this Python and this SQLite."""
    with pytest.raises(OperationalError, match="locked"):
        _read_then_write(engine, held_back=False)


def test_both_writers_get_their_turn(engine):
    """With the listener the rival waits and nothing is lost."""
    sqlite.lock_before_savepoints()
    assert _read_then_write(engine, held_back=True) == [1, 2]
