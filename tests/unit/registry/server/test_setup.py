"""Passwords and settings of the MLflow server: private, stable, refused when wrong."""

import configparser
import json

import pytest
from slipway.domain.errors import BadConfig
from slipway.registry.server.setup import RegistryServer, accounts_of, passwords, prepare


@pytest.fixture
def server(tmp_path):
    """A server that was never started."""
    return RegistryServer(home=tmp_path / "mlflow", port=5999)


def mode(path):
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("name", ["rit\u200ba", "rіta", ""])  # noqa: RUF001 - one Cyrillic letter
def test_a_reviewer_whose_name_can_be_read_as_anothers_is_refused(tmp_path, name):
    """Before anything is written: unseen characters, mixed alphabets, no name at all."""
    server = RegistryServer(home=tmp_path, port=1, reviewers=(name,))
    with pytest.raises(BadConfig, match="account of MLflow"):
        prepare(server, dict.fromkeys(server.users, "long enough words"))


def test_passwords_are_made_once_and_kept_private(tmp_path):
    """Each account keeps its password; a new account gets its own."""
    path = tmp_path / "passwords.json"
    first = passwords(path, ["admin", "rita"])
    second = passwords(path, ["admin", "rita", "ruth"])
    assert {k: second[k] for k in first} == first
    assert len(set(second.values())) == 3
    assert mode(path) == 0o600
    assert json.loads(path.read_text()) == second


def test_prepared_files_are_private_and_mlflow_reads_them(server):
    """The accounts' file is for its owner alone; percent signs in passwords survive."""
    accounts = {user: f"100%-{user}-password" for user in server.users}
    prepare(server, accounts)
    prepare(server, accounts)
    assert mode(server.ini) == 0o600
    read = configparser.ConfigParser()
    read.read(server.ini)
    assert read["mlflow"]["admin_password"] == accounts["admin"]
    assert dict(read["slipway.accounts"]) == {u: accounts[u] for u in server.users[1:]}
    assert read["mlflow"]["default_permission"] == "READ"
    assert int(read["mlflow"]["auth_cache_ttl_seconds"]) == 60


def test_a_pipeline_may_not_be_its_own_reviewer(tmp_path):
    """An account in both lists stops the preparation."""
    server = RegistryServer(home=tmp_path, port=1, reviewers=("slipway",))
    with pytest.raises(BadConfig, match="name a person"):
        prepare(server, dict.fromkeys(server.users, "a long password"))


def test_short_and_missing_passwords_are_refused(server):
    """A password that MLflow would refuse at boot is refused here, by name of the account."""
    with pytest.raises(BadConfig, match="password of rita"):
        prepare(server, dict.fromkeys(server.users, "a long password") | {"rita": "short"})
    with pytest.raises(BadConfig, match="password of adam"):
        prepare(server, {u: "a long password" for u in server.users if u != "adam"})


def test_user_names_keep_their_case(tmp_path):
    """An account called Rita is not made as rita."""
    server = RegistryServer(home=tmp_path, port=1, reviewers=("Rita",))
    prepare(server, dict.fromkeys(server.users, "a long password"))
    assert "Rita" in accounts_of(server.ini)
