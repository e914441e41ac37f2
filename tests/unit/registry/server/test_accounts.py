"""Declared passwords and reviewers are in effect after each start, or it is said that they are not."""

import json
import logging

import pytest
from slipway.lines import all_names

WORDS = {name: f"first word of {name}" for name in ("admin", "slipway", "rita", "adam")}


@pytest.fixture(scope="module")
def empty_accounts(tmp_path_factory):
    """A SQLite file with MLflow's tables of accounts: the migrations run once."""
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    path = tmp_path_factory.mktemp("accounts") / "empty.db"
    store = SqlAlchemyStore()
    store.init_db(f"sqlite:///{path}")
    store.engine.dispose()
    return path


@pytest.fixture
def server(tmp_path, monkeypatch, empty_accounts):
    """MLflow's accounts and a way to start the server: words, then whoever may review."""
    from mlflow.server import auth
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore
    from slipway.registry.server.accounts import bring_up_to_date

    path = tmp_path / "auth.db"
    path.write_bytes(empty_accounts.read_bytes())
    store = SqlAlchemyStore()
    store.init_db(f"sqlite:///{path}")
    monkeypatch.setattr(auth, "store", store, raising=False)
    monkeypatch.setenv("SLIPWAY_SERVICE_USERS", "slipway")

    def start(words, reviewers="rita"):
        monkeypatch.setenv("SLIPWAY_REVIEWERS", reviewers)
        bring_up_to_date(words, tmp_path / "words.json")

    store.start, store.remembered = start, tmp_path / "words.json"
    yield store
    store.engine.dispose()


def may_edit(server, user):
    """The lines whose models that account may edit."""
    found = server.list_registered_model_permissions(user)
    return sorted(grant.name for grant in found if grant.permission == "EDIT")


@pytest.mark.parametrize("user", ["rita", "admin", "slipway"])
def test_a_word_that_was_replaced_is_in_effect_after_the_start(server, user, caplog):
    """The old one is void, whoever's it is, and the log says so without saying either."""
    server.start(WORDS)
    assert server.authenticate_user(user, WORDS[user])
    with caplog.at_level(logging.WARNING):
        server.start(WORDS | {user: "another, better word"})
    assert server.authenticate_user(user, "another, better word")
    assert not server.authenticate_user(user, WORDS[user])
    assert f"the password of {user} is the declared one now" in caplog.text
    assert "better word" not in caplog.text + server.remembered.read_text()


def test_a_start_with_nothing_changed_compares_nothing(server, monkeypatch):
    """Checking a password takes half a second: what was in step is not asked again."""
    server.start(WORDS)
    monkeypatch.setattr(server, "authenticate_user", lambda *_: pytest.fail("was asked"))
    server.start(WORDS)
    assert json.loads(server.remembered.read_text()).keys() == WORDS.keys()


def test_a_word_that_its_owner_changed_stays_and_is_told(server, caplog):
    """Until another one is declared; a start must not bring a word back that somebody gave up."""
    server.start(WORDS)
    server.update_user("rita", "what rita chose")
    for _ in range(2):
        caplog.clear()
        server.start(WORDS)
        assert "the password of rita was changed in MLflow" in caplog.text
        assert server.authenticate_user("rita", "what rita chose")
    server.start(WORDS | {"rita": "another, better word"})
    assert server.authenticate_user("rita", "another, better word")


def test_an_installation_that_remembers_nothing_takes_the_declared_words(server):
    """As one of an older Slipway, whose words were replaced without any effect."""
    server.start(WORDS)
    server.remembered.unlink()
    server.start(WORDS | {"rita": "another, better word"})
    assert server.authenticate_user("rita", "another, better word")


def test_who_is_no_reviewer_any_more_may_edit_nothing(server, caplog):
    """At the next start; who stays on the list and who comes to it may."""
    server.start(WORDS | {"ruth": "first word of ruth"}, "rita,ruth")
    assert may_edit(server, "rita") == may_edit(server, "ruth") == sorted(all_names())
    server.grant_user_permission("adam", "registered_model", "somebody-elses", "EDIT")
    server.start(WORDS, "ruth,adam")
    assert may_edit(server, "rita") == []
    assert may_edit(server, "ruth") == sorted(all_names())
    assert "rita is no reviewer any more" in caplog.text
    server.start(WORDS, "ruth")
    assert may_edit(server, "adam") == ["somebody-elses"]  # not a line's


def test_a_module_of_accounts_without_a_database_serves_none(monkeypatch):
    """MLflow's module may stand imported in a process that serves no accounts: nobody is granted."""
    from mlflow.server import auth
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore
    from slipway.registry.server.grants import let_reviewers_review

    monkeypatch.setattr(auth, "store", SqlAlchemyStore(), raising=False)
    monkeypatch.setenv("SLIPWAY_REVIEWERS", "rita")
    let_reviewers_review("feed")
