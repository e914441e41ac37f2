"""The ledger: append-only, compare-and-set, safe for many processes at once."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
import sqlalchemy as sa
from slipway.domain.errors import LedgerConflict, LedgerUnavailable
from slipway.domain.release import LineState
from slipway.domain.stage import Stage
from slipway.release.ledger import Ledger
from slipway.release.ledger.rows import LedgerRow
from slipway.release.ledger.tables import TRANSITIONS


def test_reads_back_what_was_written(url, offered):
    """A transition comes back equal, verdicts and evidence included, and folds into the state."""
    ledger = Ledger(url)
    ledger.append(offered)
    assert Ledger(url).transitions("feed") == (offered,)
    assert ledger.state("feed").candidate == offered.candidate
    assert ledger.state("other") == LineState("other")


@pytest.mark.parametrize("epoch", [0, 1, 3])
def test_an_epoch_is_taken_once_and_in_order(url, offered, epoch):
    """Only the line's last epoch + 1 is accepted; other lines count for themselves."""
    ledger = Ledger(url)
    ledger.append(offered)
    with pytest.raises(LedgerConflict, match=rf"feed.epoch == {epoch}, must be 1 \+ 1"):
        ledger.append(replace(offered, epoch=epoch))
    ledger.append(replace(offered, epoch=2))
    ledger.append(replace(offered, line="other"))
    assert ledger.state("feed").epoch == 2


@pytest.mark.parametrize("change", ["UPDATE {} SET reason = 'nicer'", "DELETE FROM {}"])
def test_history_cannot_be_rewritten(url, offered, change):
    """The database itself refuses to change or remove a line."""
    ledger = Ledger(url)
    ledger.append(offered)
    engine = sa.create_engine(url)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql(change.format(TRANSITIONS.name))
    assert ledger.transitions("feed") == (offered,)


@pytest.mark.parametrize("place", ["line, epoch", "rowid, line, epoch"])
def test_sqlite_refuses_an_insert_that_replaces(tmp_path, offered, place):
    """An insert that would put another row in a row's place is refused, by key and by row id."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger = Ledger(url)
    ledger.append(offered)
    columns = LedgerRow.of(offered).to_dict() | {"actor": "nobody"}
    keys = {"line, epoch": "'feed', 1", "rowid, line, epoch": "1, 'elsewhere', 9"}[place]
    rest = [name for name in columns if name not in ("line", "epoch")]
    statement = (
        f"INSERT OR REPLACE INTO {TRANSITIONS.name} ({place}, {', '.join(rest)}) "
        f"VALUES ({keys}, {', '.join(f':{name}' for name in rest)})"
    )
    engine = sa.create_engine(url)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), engine.begin() as connection:
        connection.execute(sa.text(statement), columns)
    assert ledger.transitions("feed") == (offered,)


def test_what_a_person_says_never_keeps_a_step_back(url, offered):
    """A reason with a NUL and half a character, and an actor longer than its column, are kept whole."""
    said = replace(offered, actor="a" * 300, reason="torn \0 by \udcff", to_stage=Stage.REJECTED)
    Ledger(url).append(said)
    assert Ledger(url).transitions("feed") == (said,)


def test_a_database_that_is_away_is_one_clear_line(url, offered):
    """Where no database answers, the error is worth another try and names no password."""
    where = sa.make_url(url)
    gone = where.set(database="/nowhere/at/all.db" if "sqlite" in url else "gone_missing")
    with pytest.raises(LedgerUnavailable) as caught:
        Ledger(gone.render_as_string(hide_password=False))
    assert caught.value.retryable
    assert "the database" in str(caught.value)
    assert (where.password or "no password") not in str(caught.value)


RACER = """
import json, sys
from slipway.domain.errors import LedgerConflict, LedgerUnavailable
from slipway.domain.release import Transition
from slipway.release.ledger import Ledger
url, *lines = json.load(sys.stdin)
ledger, won = Ledger(url), 0
for line in lines:
    try:
        ledger.append(Transition.from_dict(line))
        won += 1
    except LedgerConflict:
        pass
print(won)
"""


def test_many_processes_take_a_step_once(url, offered):
    """Four processes make the tables and race for 20 epochs at once: each is taken once, no error."""
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for place, racer in enumerate(racers):
        steps = [replace(offered, epoch=e, actor=f"racer {place}") for e in range(1, 21)]
        racer.stdin.write(json.dumps([url, *(step.to_dict() for step in steps)]))
        racer.stdin.close()
    won = [int(racer.stdout.read()) for racer in racers]
    assert [racer.wait() for racer in racers] == [0] * 4
    found = Ledger(url).transitions("feed")
    assert [t.epoch for t in found] == list(range(1, 21))
    assert sum(won) == 20


def test_a_reader_never_sees_half_a_line(url, offered):
    """A writer that stops before it commits leaves nothing behind."""
    ledger = Ledger(url)
    with ledger.database.writing() as connection:
        row = LedgerRow.of(offered).to_dict()
        connection.execute(sa.insert(TRANSITIONS).values(**row))
        connection.rollback()
    assert ledger.transitions("feed") == ()
    ledger.append(offered)
    assert ledger.state("feed").candidate.stage is Stage.OFFERED
