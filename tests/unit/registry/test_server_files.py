"""Keys, passwords and settings of the MLflow server: private, stable, refused when wrong."""

import configparser
import json
import os

import pytest
from slipway.domain.errors import BadConfig
from slipway.release.registry.keys import (
    create_key_pair,
    load_private,
    public_key_bytes,
    raw_public,
)
from slipway.release.registry.server import (
    RegistryServer,
    mlflow_argv,
    mlflow_environment,
    passwords,
    prepare,
)


@pytest.fixture
def server(tmp_path):
    """A server that was never started."""
    return RegistryServer(home=tmp_path / "mlflow", port=5999)


def mode(path):
    return path.stat().st_mode & 0o777


def test_the_private_key_is_private_and_stays(tmp_path):
    """The signing key is readable by its owner alone and is never made anew."""
    first = create_key_pair(tmp_path / "keys")
    before = first.private.read_bytes()
    again = create_key_pair(tmp_path / "keys")
    assert mode(first.private) == 0o600
    assert again.private.read_bytes() == before
    assert public_key_bytes(first.public) == raw_public(load_private(first.private).public_key())
    assert sorted(p.name for p in (tmp_path / "keys").iterdir()) == ["review.key", "review.pub"]


def test_a_lost_public_key_is_written_again(tmp_path):
    """The public half always belongs to the private one."""
    pair = create_key_pair(tmp_path)
    pair.public.write_bytes(b"x")
    with pytest.raises(BadConfig, match="SLIPWAY_PUBLIC_KEY"):
        public_key_bytes(pair.public)
    create_key_pair(tmp_path)
    assert len(public_key_bytes(pair.public)) == 32


def test_a_key_that_everyone_reads_is_no_key(tmp_path):
    """A signing key with public permissions is refused, as are other files."""
    pair = create_key_pair(tmp_path)
    pair.private.chmod(0o644)
    with pytest.raises(BadConfig, match="0o644"):
        load_private(pair.private)
    pair.private.chmod(0o600)
    pair.private.write_text("no key")
    with pytest.raises(BadConfig, match="an Ed25519 key in PEM"):
        load_private(pair.private)
    with pytest.raises(BadConfig, match="an existing PEM file"):
        load_private(tmp_path / "none")


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


def test_database_urls_travel_in_the_environment_only(server, tmp_path):
    """No password of a database can be read off the process list."""
    import dataclasses

    url = "postgresql://slipway:secret@db/mlflow"
    server = dataclasses.replace(server, backend_url=url)
    env = mlflow_environment(server, {"PATH": os.defpath})
    assert env["MLFLOW_REGISTRY_STORE_URI"] == f"slipway:{url}"
    assert env["MLFLOW_BACKEND_STORE_URI"] == url
    assert not any("secret" in word for word in mlflow_argv(server))
    assert env["PATH"] == os.defpath
    again = mlflow_environment(server, {})
    assert again["MLFLOW_FLASK_SERVER_SECRET_KEY"] == env["MLFLOW_FLASK_SERVER_SECRET_KEY"]


def test_user_names_keep_their_case(tmp_path):
    """An account called Rita is not made as rita."""
    server = RegistryServer(home=tmp_path, port=1, reviewers=("Rita",))
    prepare(server, dict.fromkeys(server.users, "a long password"))
    from slipway.release.registry.server import accounts_of

    assert "Rita" in accounts_of(server.ini)
