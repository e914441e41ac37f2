"""What the ledger took off, read without an ORM on each of its databases."""

import secrets
from datetime import UTC, datetime

import postgres_kit
import pytest
import sqlalchemy as sa
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.release.ledger import Ledger
from slipway.serving.order_reader import OrderReader, taken_off

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rows", "off"),
    [
        ([], set()),
        ([("3", "canary_50", 0.5)], set()),
        ([("3", "canary_50", 0.5), ("3", "returned", 0.0)], {"3"}),
        ([("3", "timed_out", 0.0), ("4", "rejected", 0.0)], {"3", "4"}),
        ([("3", "returned", 0.0), ("3", "offered", 0.0)], set()),
        ([("3", "champion", 0.0), ("4", "champion", 0.0)], set()),
        ([("3", "champion", 0.0), ("3", "returned", 0.0)], {"3"}),
        ([("3", "a newer one", 0.5)], set()),
        ([("3", "a newer one", 0.0)], {"3"}),
    ],
)
def test_the_newest_row_of_a_version_says_whether_it_is_off(rows, off):
    """Who is offered again has a newer row; a stage of a newer Slipway without a share is an end."""
    assert taken_off(rows) == off


@pytest.fixture(params=["sqlite", "psycopg", "psycopg2"])
def ledger_url(request, tmp_path, server):
    """The URL of an empty database of each kind that a ledger can stand in."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    if server is None:
        pytest.skip(postgres_kit.why_not())
    name = f"ledger_{request.param}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    address = server.url.set(drivername=f"postgresql+{request.param}", database=name)
    return address.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def server():
    """An empty PostgreSQL; None where none can start."""
    if postgres_kit.why_not():
        yield None
        return
    word = secrets.token_hex(16)
    with postgres_kit.empty_server(word) as port:
        address = f"postgresql+psycopg://postgres:{word}@127.0.0.1:{port}/postgres"
        yield sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)


def row(epoch, stage, share=0.0):
    who = Candidate("3", "f", "adam", Origin.MANUAL, AT, stage, AT)
    return Transition("feed", epoch, AT, "t", None, stage, share, "r", who, None)


def test_every_database_of_the_ledger_is_read(tmp_path, ledger_url):
    """A return that is written there is read there, and rows of another line are not."""
    reader = OrderReader(tmp_path, "feed", ledger_url)
    ledger = Ledger(ledger_url)
    for epoch, stage in enumerate((Stage.OFFERED, Stage.CANARY_50), 1):
        ledger.append(row(epoch, stage, 0.5 if stage.is_live else 0.0))
    reader.read_ledger()
    assert reader.off(99) == (set(), {})
    ledger.append(row(3, Stage.RETURNED))
    reader.read_ledger()
    assert reader.off(99) == ({"3"}, {})
    other = OrderReader(tmp_path, "search", ledger_url)
    other.read_ledger()
    assert other.off(0) == (set(), {})


@pytest.mark.skipif(postgres_kit.why_not() is not None, reason=str(postgres_kit.why_not()))
def test_the_routers_own_account_reads_the_ledger_and_writes_nothing(tmp_path):
    """In the containers it is no owner: what it may do is what it needs."""
    names = ("POSTGRES", "AIRFLOW_DB", "MLFLOW_DB", "LEDGER_DB", "LEDGER_READER_DB")
    words = {f"{name}_PASSWORD": secrets.token_hex(16) for name in names}
    with postgres_kit.server(words) as port:
        kind, at = "postgresql+psycopg", f"127.0.0.1:{port}/ledger"
        owner = Ledger(f"{kind}://ledger:{words['LEDGER_DB_PASSWORD']}@{at}")
        owner.append(row(1, Stage.CANARY_50, 0.5))
        owner.append(row(2, Stage.RETURNED))
        own = f"{kind}://ledger_reader:{words['LEDGER_READER_DB_PASSWORD']}@{at}"
        reader = OrderReader(tmp_path, "feed", own)
        reader.read_ledger()
        assert reader.off(99) == ({"3"}, {})
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            Ledger(own).append(row(3, Stage.OFFERED))
