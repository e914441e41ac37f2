"""The command that becomes the MLflow server, and its environment: what a supervisor or container runs."""

import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slipway.domain.errors import BadConfig
from slipway.registry.server.setup import RegistryServer, sqlite_url, write_private

_SHORTEST_KEY = 32
_POOLS = {"sqlite": {"MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool"}}
"""A file that is opened costs nothing; each of three stores kept up to five connections for good."""


def mlflow_environment(server: RegistryServer, base: Mapping[str, str]) -> dict[str, str]:
    """The environment of the server's process: ``base`` and what MLflow and the guard need.

    Database URLs travel here and not on the command line, where ``ps`` would show them.
    """
    backend = server.backend_url or sqlite_url(server.home / "mlflow.db")
    files = {
        "SLIPWAY_CLOCK": server.clock_file,
        "SLIPWAY_PEOPLE": server.people_file,
        "SLIPWAY_PROXY_SECRET": server.proxy_secret,
    }
    return {
        **base,
        **{name: str(path) for name, path in files.items() if path},
        "MLFLOW_BACKEND_STORE_URI": backend,
        "MLFLOW_REGISTRY_STORE_URI": f"slipway:{backend}",
        "MLFLOW_AUTH_CONFIG_PATH": str(server.ini),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": _secret_key(server.home / "flask.secret"),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "SLIPWAY_REVIEWERS": ",".join(server.reviewers),
        "SLIPWAY_SERVICE_USERS": ",".join(server.service_users),
        "SLIPWAY_SIGNING_KEY": str(server.signing.private),
        "OMP_NUM_THREADS": "1",
        **_POOLS.get(backend.partition(":")[0], {}),
    }


def mlflow_argv(server: RegistryServer) -> list[str]:
    """The command that starts the server in the foreground; it ends on SIGTERM."""
    hosts = ["--allowed-hosts", ",".join(server.allowed_hosts)] if server.allowed_hosts else []
    return [
        *(sys.executable, "-m", "mlflow", "server"),
        *("--app-name", "slipway", "--workers", "1"),
        *("--host", server.host, "--port", str(server.port)),
        *("--serve-artifacts", "--artifacts-destination"),
        server.artifacts or str(server.home / "artifacts"),
        *hosts,
    ]


def mlflow_start(words: Sequence[str]) -> dict[str, Any]:
    """What ``mlflow`` with ``words`` would start, once it has prepared the database.

    Returns ``command`` and ``environment``. MLflow's application is imported by this: call it in a
    process that will not serve it. Raises RuntimeError where MLflow ends without starting anything.
    """
    import mlflow.server
    from mlflow.cli import cli

    asked: dict[str, Any] = {}

    def start(command: list[str], *, extra_env: Mapping[str, str], **_: object) -> None:
        asked.update(command=command, environment={**os.environ, **extra_env})
        raise SystemExit(0)

    mlflow.server._exec_cmd = start  # noqa: SLF001 - no public way to ask
    try:
        cli(list(words))
    except SystemExit as ended:
        if not asked:
            raise RuntimeError(f"mlflow server ended early: {ended.code}") from None
    return asked


def _secret_key(path: Path) -> str:
    """The key of MLflow's form protection: one per installation, the same in every worker."""
    if not path.exists():
        write_private(path, secrets.token_hex(32))
    key = path.read_text().strip()
    if len(key) < _SHORTEST_KEY:
        raise BadConfig(
            path.name,
            found=f"{len(key)} characters",
            expected=f"at least {_SHORTEST_KEY}",
            next_step="remove the file and start again; forms that are open must be sent again",
        )
    return key
