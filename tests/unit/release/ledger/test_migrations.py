"""Ledgers of 0.1 and 0.2 are brought up and one version down; a newer one is read and returned from."""

import subprocess
import sys
from dataclasses import replace

import pytest
import sqlalchemy as sa
from slipway.domain.errors import LedgerNewer
from slipway.domain.stage import Stage
from slipway.release.ledger import Ledger
from slipway.release.ledger.database import HEAD, REVISIONS
from slipway.release.ledger.rows import LedgerRow, chained
from slipway.release.ledger.tables import VERSION_TABLE, missing_guards

# what Slipway 0.2 ran on an empty database
TABLE_02 = """CREATE TABLE slipway_transitions (
    line VARCHAR(200) NOT NULL, epoch INTEGER NOT NULL, at VARCHAR(40) NOT NULL,
    actor VARCHAR(200) NOT NULL, version VARCHAR(40) NOT NULL, from_stage VARCHAR(20),
    to_stage VARCHAR(20) NOT NULL, share FLOAT NOT NULL, reason TEXT NOT NULL,
    evidence_digest VARCHAR(64), body TEXT NOT NULL, PRIMARY KEY (line, epoch))"""
GUARDS_02 = {
    "sqlite": [
        f"CREATE TRIGGER slipway_no_{verb.lower()} BEFORE {verb} ON slipway_transitions "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        """CREATE FUNCTION slipway_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$""",
        """CREATE TRIGGER slipway_no_change BEFORE UPDATE OR DELETE OR TRUNCATE
        ON slipway_transitions FOR EACH STATEMENT EXECUTE FUNCTION slipway_append_only()""",
    ],
}
TABLE = sa.table(
    "slipway_transitions",
    *(sa.column(name) for name in LedgerRow.__dataclass_fields__ if name != "digest"),
)


def insert_as_02(engine, *steps):
    """Append rows as Slipway 0.2 did, which knows no digest."""
    with engine.begin() as connection:
        for step in steps:
            row = LedgerRow.of(step).to_dict()
            del row["digest"]
            connection.execute(sa.insert(TABLE).values(**row))


@pytest.fixture
def old(url, steps):
    """A database with the ledger that Slipway 0.2 left, of two lines."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in [TABLE_02, *GUARDS_02[engine.dialect.name]]:
            connection.exec_driver_sql(statement)
    insert_as_02(engine, *steps, *(replace(step, line="posts") for step in steps))
    return engine


def test_an_old_ledger_is_chained_and_kept(old, url, steps):
    """Every row of 0.2 is still there, has the digest of its chain, and the guards stand."""
    ledger = Ledger(url)
    assert ledger.transitions("feed") == steps
    for line in ("feed", "posts"):
        previous = None
        for row in ledger.rows(line):
            assert row.digest == chained(previous, row)
            previous = row.digest
    with ledger.database.reading() as connection:
        assert missing_guards(connection) == ()
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), old.begin() as connection:
        connection.exec_driver_sql("UPDATE slipway_transitions SET digest = NULL")


def test_one_version_down_and_up_again(old, url, steps, returned):
    """One version down 0.2 writes and reads as before; up again its new row is in the chain."""
    ledger = Ledger(url)
    before = ledger.rows("feed")
    ledger.database.migrate(REVISIONS[-2])
    columns = {c["name"] for c in sa.inspect(old).get_columns("slipway_transitions")}
    assert columns == {c.name for c in TABLE.c}
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), old.begin() as connection:
        connection.exec_driver_sql("DELETE FROM slipway_transitions")
    insert_as_02(old, returned)
    found = Ledger(url).rows("feed")
    assert found[:-1] == before
    assert found[-1].digest == chained(before[-1].digest, found[-1])


def test_an_older_writer_beside_a_newer_one_can_still_return(old, url, steps, returned):
    """The column of digests asks nothing of a writer that does not know it: harm does not wait."""
    Ledger(url)
    insert_as_02(old, returned)
    assert Ledger(url).state("feed").candidate is None


def test_many_processes_bring_it_up_at_once(old, url):
    """Three processes that open an old ledger at the same moment leave one chain and no error."""
    opener = f"from slipway.release.ledger import Ledger; print(Ledger({url!r}).revision)"
    racers = [
        subprocess.Popen([sys.executable, "-c", opener], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [racer.communicate()[0].strip() for racer in racers] == [HEAD] * 3
    assert all(row.digest for row in Ledger(url).rows("posts"))


@pytest.fixture
def newer(url, steps):
    """A ledger whose tables a newer Slipway made, with a column that this one does not know."""
    ledger = Ledger(url)
    for step in steps:
        ledger.append(step)
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0099'")
        connection.exec_driver_sql("ALTER TABLE slipway_transitions ADD COLUMN mood TEXT")
    return ledger


def test_a_newer_ledger_is_read_and_returned_from_and_not_promoted_on(newer, url, steps, returned):
    """Of a newer ledger the state is read, a return is written, and any other step says what to do."""
    ledger = Ledger(url)
    assert ledger.transitions("feed") == steps
    forward = replace(returned, to_stage=Stage.CANARY_25, share=0.25)
    with pytest.raises(LedgerNewer, match=r"0099.*update Slipway here.*migrate --down"):
        ledger.append(forward)
    ledger.append(returned)
    assert Ledger(url).state("feed").candidate is None
