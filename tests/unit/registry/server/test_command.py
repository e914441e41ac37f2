"""What starts the MLflow server: no secret on its command line."""

import dataclasses
import os

import pytest
from slipway.domain.errors import BadConfig
from slipway.registry.server.command import mlflow_argv, mlflow_environment
from slipway.registry.server.setup import RegistryServer


def test_database_urls_travel_in_the_environment_only(tmp_path):
    """No password of a database can be read off the process list."""
    server = RegistryServer(home=tmp_path / "mlflow", port=5999)
    url = "postgresql://slipway:secret@db/mlflow"
    server = dataclasses.replace(server, backend_url=url)
    env = mlflow_environment(server, {"PATH": os.defpath})
    assert env["MLFLOW_REGISTRY_STORE_URI"] == f"slipway:{url}"
    assert env["MLFLOW_BACKEND_STORE_URI"] == url
    assert not any("secret" in word for word in mlflow_argv(server))
    assert env["PATH"] == os.defpath
    again = mlflow_environment(server, {})
    assert again["MLFLOW_FLASK_SERVER_SECRET_KEY"] == env["MLFLOW_FLASK_SERVER_SECRET_KEY"]


def test_an_empty_form_key_is_refused(tmp_path):
    """A key that a power cut left empty would sign anybody's forms."""
    server = RegistryServer(home=tmp_path / "mlflow", port=5999)
    mlflow_environment(server, {})
    (server.home / "flask.secret").write_text("")
    with pytest.raises(BadConfig, match="remove the file"):
        mlflow_environment(server, {})


def test_no_connection_to_a_file_is_kept(tmp_path):
    """The server holds as many handles after a day as after an hour; a database server's pool stays."""
    kept = "MLFLOW_SQLALCHEMYSTORE_POOLCLASS"
    server = RegistryServer(home=tmp_path / "mlflow", port=5999)
    assert mlflow_environment(server, {})[kept] == "NullPool"
    away = dataclasses.replace(server, backend_url="postgresql+psycopg://slipway@db/mlflow")
    assert kept not in mlflow_environment(away, {})
