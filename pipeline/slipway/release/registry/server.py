"""How the MLflow server is started: one worker, guarded store, accounts, audit log.

Nothing here starts a process: :func:`prepare` writes the files, :func:`mlflow_argv` and
:func:`mlflow_environment` are what a supervisor, a container or a test runs.
"""

import configparser
import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.domain.errors import BadConfig
from slipway.release.registry.keys import KeyPair, create_key_pair

SERVICE, ROUTER, ADMIN = "slipway", "router", "admin"
ACCOUNTS_SECTION, SLIPWAY_SECTION = "slipway.accounts", "slipway"
_MIN_PASSWORD = 12  # MLflow refuses shorter ones for the administrator


@dataclass(frozen=True, slots=True)
class RegistryServer:
    """One MLflow server: where it keeps things, where it listens, who may do what.

    ``home`` is the server's folder. ``backend_url`` and ``auth_url`` are SQLAlchemy URLs (default:
    SQLite files in ``home``). ``artifacts`` is a folder or object-store URI; clients reach it
    through the server alone. ``keys`` holds the signing key. ``clock_file`` is the demo's clock.
    """

    home: Path
    port: int
    host: str = "127.0.0.1"
    reviewers: tuple[str, ...] = ("rita",)
    authors: tuple[str, ...] = ("adam",)
    service_users: tuple[str, ...] = (SERVICE,)
    backend_url: str = ""
    auth_url: str = ""
    artifacts: str = ""
    keys: Path | None = None
    clock_file: Path | None = None
    allowed_hosts: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The address that clients on this machine use."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104 - compared only
        return f"http://{host}:{self.port}"

    @property
    def ini(self) -> Path:
        """The basic-auth settings with the accounts (mode 0600)."""
        return self.home / "auth.ini"

    @property
    def audit_log(self) -> Path:
        """One JSON line for each write, append-only."""
        return self.home / "audit.jsonl"

    @property
    def users(self) -> tuple[str, ...]:
        """Every account, administrator first."""
        return (ADMIN, *self.service_users, ROUTER, *self.reviewers, *self.authors)

    @property
    def signing(self) -> KeyPair:
        """The key pair's files."""
        return create_key_pair(self.keys or self.home / "keys")


def passwords(path: Path, users: Sequence[str]) -> dict[str, str]:
    """A random password for each user, kept in JSON file ``path`` (mode 0600) and then reused."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [user for user in users if user not in known]
    if missing:
        known |= {user: secrets.token_urlsafe(15) for user in missing}
        _write_private(path, json.dumps(known, indent=1))
    return {user: known[user] for user in users}


def prepare(server: RegistryServer, accounts: Mapping[str, str]) -> None:
    """Write folders, key pair and the auth file of ``server``; repeatable.

    ``accounts`` maps each of ``server.users`` to its password. Raises BadConfig where one is
    missing or too short, or where a service account is a reviewer too.
    """
    both = set(server.service_users) & set(server.reviewers)
    if both:
        raise BadConfig(
            "SLIPWAY_REVIEWERS",
            found=", ".join(sorted(both)),
            expected="no account of SLIPWAY_SERVICE_USERS",
            next_step="a pipeline may not approve its own models: name a person",
        )
    for user in server.users:
        if len(accounts.get(user, "")) < _MIN_PASSWORD:
            raise BadConfig(
                f"password of {user}",
                found=f"{len(accounts.get(user, ''))} characters",
                expected=f"at least {_MIN_PASSWORD}",
                next_step="choose a longer one or let passwords() make it",
            )
    server.home.mkdir(parents=True, exist_ok=True)
    (server.home / "artifacts").mkdir(exist_ok=True)
    _ = server.signing
    _write_private(server.ini, _ini_text(server, accounts))


def _ini_text(server: RegistryServer, accounts: Mapping[str, str]) -> str:
    lines = _parser()
    escaped = {name: word.replace("%", "%%") for name, word in accounts.items()}
    lines["mlflow"] = {
        "default_permission": "READ",
        "database_uri": (server.auth_url or _sqlite(server.home / "auth.db")).replace("%", "%%"),
        "admin_username": ADMIN,
        "admin_password": escaped[ADMIN],
        "authorization_function": "mlflow.server.auth:authenticate_request_basic_auth",
        # without the cache each request hashes the password anew: .6 CPU seconds
        "auth_cache_ttl_seconds": "60",
    }
    lines[SLIPWAY_SECTION] = {"audit_log": str(server.audit_log).replace("%", "%%")}
    lines[ACCOUNTS_SECTION] = {user: escaped[user] for user in server.users if user != ADMIN}
    part = _Lines()
    lines.write(part)
    return "".join(part)


def accounts_of(ini: Path) -> dict[str, str]:
    """User → password as :func:`prepare` wrote them, the administrator left out."""
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # user names keep their case
    parser.read(ini)
    return dict(parser[ACCOUNTS_SECTION])


def is_prepared(ini: Path) -> bool:
    """Whether ``ini`` was written by :func:`prepare`."""
    parser = configparser.ConfigParser()
    parser.read(ini)
    return SLIPWAY_SECTION in parser


def audit_log_of(ini: Path) -> Path:
    """Where the audit log is, as :func:`prepare` wrote it."""
    parser = configparser.ConfigParser()
    parser.read(ini)
    return Path(parser[SLIPWAY_SECTION]["audit_log"])


def _parser() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # user names keep their case
    return parser


class _Lines(list[str]):
    """A list that a ConfigParser can write to."""

    def write(self, text: str) -> None:
        """Keep one piece of text."""
        self.append(text)


def mlflow_environment(server: RegistryServer, base: Mapping[str, str]) -> dict[str, str]:
    """The environment of the server's process: ``base`` and what MLflow and the guard need.

    Database URLs travel here and not on the command line, where ``ps`` would show them.
    """
    backend = server.backend_url or _sqlite(server.home / "mlflow.db")
    clock = {"SLIPWAY_CLOCK": str(server.clock_file)} if server.clock_file else {}
    return {
        **base,
        **clock,
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
    import mlflow.server  # noqa: PLC0415 - heavy, and only here
    from mlflow.cli import cli  # noqa: PLC0415 - as above

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


def _sqlite(path: Path) -> str:
    return f"sqlite:///{path}"


def _secret_key(path: Path) -> str:
    """The key of MLflow's form protection: one per installation, the same in every worker."""
    if not path.exists():
        _write_private(path, secrets.token_hex(32))
    return path.read_text()


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    part.replace(path)
