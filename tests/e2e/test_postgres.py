"""The embedded stack's processes and settings on a real PostgreSQL instead of SQLite."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest
import sqlalchemy as sa
from slipway.release.ledger import Ledger
from slipway.stack import processes, stack
from slipway.stack.airflow_api import AirflowApi
from slipway.stack.health import wait_healthy
from slipway.stack.installation import Installation, Options, stack_id
from slipway.stack.sights import Stack

sys.path.append(str(Path(__file__).parents[1]))

from postgres_kit import server, why_not

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(why_not() is not None, reason=str(why_not())),
]
WORDS = {
    name: secrets.token_hex(16)
    for name in (
        "POSTGRES_PASSWORD",
        "AIRFLOW_DB_PASSWORD",
        "MLFLOW_DB_PASSWORD",
        "LEDGER_DB_PASSWORD",
        "LEDGER_READER_DB_PASSWORD",
    )
}
OWNERS = {
    "airflow": "postgresql+psycopg2",
    "mlflow": "postgresql+psycopg",
    "ledger": "postgresql+psycopg",
}


def url(port: int, owner: str) -> str:
    word = WORDS[f"{owner.upper()}_DB_PASSWORD"]
    return f"{OWNERS[owner]}://{owner}:{word}@127.0.0.1:{port}/{owner}"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with server(WORDS) as number:
        yield number


@pytest.fixture(scope="module")
def running(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("stack")
    options = Options(
        airflow_db=url(port, "airflow"),
        mlflow_db=url(port, "mlflow"),
        ledger_url=url(port, "ledger"),
    )
    try:
        stack.up(home, options)
        yield Installation.load(home)
    finally:
        stack.down(home)
        assert not processes.of_stack(stack_id(home))


@pytest.fixture
def api(running: Installation) -> Iterator[AirflowApi]:
    with AirflowApi(running.airflow_url, "admin", running.secrets.airflow["admin"]) as client:
        yield client


def test_an_account_reaches_its_own_database_and_no_other(port: int) -> None:
    """Whoever holds one of the three passwords can open one of the three databases."""
    for owner in OWNERS:
        word = WORDS[f"{owner.upper()}_DB_PASSWORD"]
        for name in OWNERS:
            where = f"host=127.0.0.1 port={port} user={owner} password={word} dbname={name}"
            if name == owner:
                psycopg.connect(where).close()
            else:
                with pytest.raises(psycopg.OperationalError, match="permission denied"):
                    psycopg.connect(where)


def test_every_part_is_healthy(running: Installation, api: AirflowApi) -> None:
    """MLflow, router and every part of Airflow answer as they do on SQLite."""
    wait_healthy(running)
    assert api.call("GET", "monitor/health")["metadatabase"]["status"] == "healthy"


def test_everything_is_kept_in_postgresql(running: Installation, port: int) -> None:
    """No part falls back to a SQLite file, MLflow's accounts included."""
    for owner, table in (
        ("airflow", "dag_run"),
        ("mlflow", "registered_models"),
        ("mlflow", "users"),
    ):
        assert sa.inspect(sa.create_engine(url(port, owner))).has_table(table)
    files = [path for path in running.home.rglob("*") if path.is_file()]
    assert [path for path in files if path.read_bytes().startswith(b"SQLite format")] == []


def test_the_registry_stays_guarded(running: Installation) -> None:
    """Accounts are asked for their password, and the pipeline's own may not delete a line."""
    with httpx.Client(base_url=running.mlflow_url, trust_env=False, timeout=None) as client:
        path = "/api/2.0/mlflow/registered-models"
        assert client.get(f"{path}/search").status_code == httpx.codes.UNAUTHORIZED
        service = ("slipway", running.secrets.mlflow["slipway"])
        made = client.post(f"{path}/create", auth=service, json={"name": "feed"})
        assert made.status_code == httpx.codes.OK or "ALREADY_EXISTS" in made.text
        doomed = {"name": "feed"}
        refused = client.request("DELETE", f"{path}/delete", auth=service, json=doomed)
        assert refused.status_code == httpx.codes.FORBIDDEN
        assert "history stays" in refused.json()["message"]


def test_a_release_run_succeeds(running: Installation, api: AirflowApi) -> None:
    """The reconciler observes, compares, decides and applies on PostgreSQL."""
    run = api.trigger("release_feed", datetime.now(UTC))
    state = Stack(running).ended(api, "release_feed", run)
    assert state == "success", api.task_states("release_feed", run)


def test_the_ledger_cannot_be_rewritten(running: Installation, port: int) -> None:
    """PostgreSQL itself refuses to change, delete or truncate a line."""
    del running  # its first run may have made the table already
    Ledger(url(port, "ledger"))
    engine = sa.create_engine(url(port, "ledger"))
    for statement in (
        "UPDATE slipway_transitions SET reason = 'another'",
        "DELETE FROM slipway_transitions",
        "TRUNCATE slipway_transitions",
    ):
        with (
            pytest.raises(sa.exc.DBAPIError, match="append-only"),
            engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)


def test_an_owner_who_switches_the_guards_off_is_named_by_the_next_look(
    running: Installation, api: AirflowApi, port: int
) -> None:
    """The look's last task is red, `slipway ledger verify` says why, and a repair ends it."""
    engine = sa.create_engine(url(port, "ledger"))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "ALTER TABLE slipway_transitions DISABLE TRIGGER slipway_no_change"
        )
    run = api.trigger("release_feed", datetime.now(UTC))
    assert Stack(running).ended(api, "release_feed", run) == "failed"
    assert api.task_states("release_feed", run)["apply"] == "failed"
    said = slipway(running, "verify", "feed")
    assert said.returncode == 1
    assert "guards: the database no longer has slipway_transitions.slipway_no_change" in said.stdout
    slipway(running, "repair", "feed")
    proposal = running.home / "ledger" / "feed.0.proposal.json"
    decided = ("--name", "ann", "--reason", "a restore without triggers")
    mended = slipway(running, "repair", "feed", "--apply", str(proposal), *decided)
    assert mended.returncode == 0, mended.stderr
    assert slipway(running, "verify", "feed").returncode == 0


def slipway(running: Installation, *words: str) -> subprocess.CompletedProcess[str]:
    """Say ``slipway ledger …`` to the running stack."""
    code = "import sys; from slipway.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, "ledger", *words],
        env={**os.environ, "SLIPWAY_HOME": str(running.home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_down_stops_everything(running: Installation) -> None:
    """After ``down`` no process of the stack is left; PostgreSQL is not the stack's to stop."""
    assert stack.down(running.home) > 5
    assert processes.of_stack(running.stack_id) == []
