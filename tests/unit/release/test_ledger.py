"""The ledger: append-only, compare-and-set, safe for many processes at once."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from slipway.domain.errors import LedgerConflict
from slipway.domain.release import LineState
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.release.ledger import TRANSITIONS, Ledger, _row
from slipway.release.transitions import offer

POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"))), None)


def run(command):
    """Run a server's command away from folders that its user may not enter."""
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL of Debian's packages on a free port; skipped where none is installed."""
    if POSTGRES is None:
        pytest.skip("no PostgreSQL in /usr/lib/postgresql")
    home = Path(tempfile.mkdtemp(prefix="slipway-postgres-"))  # pytest closes its folders to others
    as_user = []
    if os.geteuid() == 0:  # the server refuses to run as root
        if not shutil.which("setpriv"):
            pytest.skip("root without setpriv cannot start PostgreSQL")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(home, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = home / "data"
    run([*as_user, str(POSTGRES / "initdb"), "-D", str(data), "-A", "trust", "-U", "slipway"])
    control = [*as_user, str(POSTGRES / "pg_ctl"), "-D", str(data), "-w", "-l", str(home / "log")]
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"
    run([*control, "-o", options, "start"])
    yield f"postgresql+psycopg2://slipway@127.0.0.1:{port}/postgres"
    run([*control, "-m", "immediate", "stop"])
    shutil.rmtree(home)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    base = request.getfixturevalue("postgres")
    name = f"t{abs(hash(request.node.name)) % 10**9}_{os.getpid()}"
    with sa.create_engine(base, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    return base.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture
def offered(candidate, now):
    """The first line of a release, with a verdict."""
    verdict = Verdict("parity", Conclusion.PASS, "equal", (Evidence("rows", 0, "rows"),))
    return offer(LineState("feed"), candidate, now=now, actor="test", verdicts=[verdict])[0]


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


RACER = """
import json, sys
from slipway.domain.errors import LedgerConflict
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
    """Five processes make the table and race for 20 epochs at once: each is taken once, no error."""
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(5)
    ]
    for place, racer in enumerate(racers):
        steps = [replace(offered, epoch=e, actor=f"racer {place}") for e in range(1, 21)]
        racer.stdin.write(json.dumps([url, *(step.to_dict() for step in steps)]))
        racer.stdin.close()
    won = [int(racer.stdout.read()) for racer in racers]
    assert [racer.wait() for racer in racers] == [0] * 5
    found = Ledger(url).transitions("feed")
    assert [t.epoch for t in found] == list(range(1, 21))
    assert sum(won) == 20


def test_a_reader_never_sees_half_a_line(ledger, offered):
    """A writer that stops before it commits leaves nothing behind."""
    with ledger._writer() as connection:
        connection.execute(sa.insert(TRANSITIONS).values(**_row(offered)))
        connection.rollback()
    assert ledger.transitions("feed") == ()
    ledger.append(offered)
    assert ledger.state("feed").candidate.stage is Stage.OFFERED
