"""The guard on PostgreSQL: the same refusals, the same signature, also for two at once."""

import secrets
import sys
import threading
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))

import postgres_kit
import registry_kit
from people_kit import PEOPLE
from registry_kit import WORD
from slipway.domain.stage import Stage
from slipway.registry.page import MAX_DESCRIPTION
from slipway.release.approval import verify

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(postgres_kit.why_not() is not None, reason=str(postgres_kit.why_not())),
]
ACCOUNTS = ("POSTGRES", "AIRFLOW_DB", "MLFLOW_DB", "LEDGER_DB", "LEDGER_READER_DB")


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory):
    """A guarded MLflow server whose registry and accounts live in PostgreSQL."""
    words = {f"{name}_PASSWORD": secrets.token_hex(16) for name in ACCOUNTS}
    with postgres_kit.server(words) as port:
        word = words["MLFLOW_DB_PASSWORD"]
        url = f"postgresql+psycopg://mlflow:{word}@127.0.0.1:{port}/mlflow"
        databases = {"backend_url": url, "auth_url": url}
        home = tmp_path_factory.mktemp("registry-postgres")
        with registry_kit.running(home, databases) as desk:
            desk.as_user().ensure_line("feed")
            yield desk


def test_a_release_is_approved_on_postgresql(on_postgres):
    """From offer to champion: refused before the word, signed and verified after it."""
    desk = on_postgres
    version = desk.register(description="x" * MAX_DESCRIPTION)
    desk.step(version, Stage.OFFERED)
    desk.step(version, Stage.SHADOW)
    desk.step(version, Stage.APPROVAL, share=0.5)
    path = "/api/2.0/mlflow/registered-models/alias"
    champion = {"name": "feed", "alias": "champion", "version": version}
    assert desk.call("slipway", "POST", path, **champion).status_code == 403
    assert desk.tag("slipway", version, "review", WORD).status_code == 403
    desk.as_user("rita").set_review("feed", version, WORD)
    approval = desk.as_user().reviews("feed", version)
    candidate = desk.candidate(version, Stage.APPROVAL)
    verify(approval, desk.server.signing.public.read_bytes(), "feed", candidate, PEOPLE)
    desk.step(version, Stage.CHAMPION, champion=version)
    assert desk.as_user().release_state("feed").champion == version
    assert desk.as_user().facts("feed", version).aliases == ("champion",)


def test_two_reviewers_at_once_leave_one_decision_on_postgresql(on_postgres):
    """The row is held while a review is judged: of two words one counts."""
    desk = on_postgres
    for _ in range(5):
        version, gate, found = desk.waiting(), threading.Barrier(2), []

        def press(user, word, version=version, gate=gate, found=found):
            gate.wait()
            text = f"{word} 0123456789ab at once"
            found.append(desk.tag(user, version, "review", text).status_code)

        threads = [
            threading.Thread(target=press, args=pair)
            for pair in (("rita", "approve"), ("ruth", "reject"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == [200, 409]


def test_a_backfill_gets_no_alias_on_postgresql(on_postgres):
    """The refusal does not depend on the database."""
    desk = on_postgres
    version = desk.waiting(origin="backfill")
    path = "/api/2.0/mlflow/registered-models/alias"
    for alias in ("champion", "candidate"):
        answer = desk.call("slipway", "POST", path, name="feed", alias=alias, version=version)
        assert answer.status_code == 403


def test_the_databases_password_is_on_no_command_line(on_postgres):
    """Nobody reads the password of the database off the process list."""
    import psutil

    word = on_postgres.server.backend_url.split(":")[2].split("@")[0]
    lines = [
        " ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])
    ]
    assert not any(word in line for line in lines)
