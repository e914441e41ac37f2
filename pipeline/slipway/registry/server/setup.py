"""One MLflow server and the files it needs before it starts: folders, key pair, accounts.

Nothing here starts a process: :mod:`slipway.registry.server.command` says what is started.
"""

import configparser
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.errors import BadConfig
from slipway.domain.people import checked_name
from slipway.registry.server.keys import KeyPair, create_key_pair
from slipway.registry.server.proxy_login import AUTHORIZATION, secret

SERVICE, ROUTER, ADMIN = "slipway", "router", "admin"
ACCOUNTS_SECTION, SLIPWAY_SECTION = "slipway.accounts", "slipway"
BY_PASSWORD = "mlflow.server.auth:authenticate_request_basic_auth"  # noqa: S105 - a function's name
_MIN_PASSWORD = 12  # MLflow refuses shorter ones for the administrator


@dataclass(frozen=True, slots=True)
class RegistryServer:
    """One MLflow server: where it keeps things, where it listens, who may do what.

    ``home`` is the server's folder. ``backend_url`` and ``auth_url`` are SQLAlchemy URLs (default:
    SQLite files in ``home``). ``artifacts`` is a folder or object-store URI; clients reach it
    through the server alone. ``keys`` holds the signing key. ``clock_file`` is the demo's clock,
    ``people_file`` says who is who. ``proxy_secret`` holds the word of a
    proxy that logs people in (:mod:`slipway.registry.server.proxy_login`).
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
    people_file: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    proxy_secret: Path | None = None

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
        write_private(path, json.dumps(known, indent=1))
    return {user: known[user] for user in users}


def prepare(server: RegistryServer, accounts: Mapping[str, str]) -> None:
    """Write folders, key pair and the auth file of ``server``; repeatable.

    ``accounts`` maps each of ``server.users`` to its password. Raises BadConfig where one is
    missing or too short, where a service account is a reviewer too, and where an account's name can
    be read as another one's.
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
        checked_name(user, "account of MLflow")
        if len(accounts.get(user, "")) < _MIN_PASSWORD:
            raise BadConfig(
                f"password of {user}",
                found=f"{len(accounts.get(user, ''))} characters",
                expected=f"at least {_MIN_PASSWORD}",
                next_step="choose a longer one or let passwords() make it",
            )
    if server.proxy_secret:
        secret(server.proxy_secret)
    server.home.mkdir(parents=True, exist_ok=True)
    (server.home / "artifacts").mkdir(exist_ok=True)
    _ = server.signing
    write_private(server.ini, _ini_text(server, accounts))


def _ini_text(server: RegistryServer, accounts: Mapping[str, str]) -> str:
    lines = _parser()
    escaped = {name: password.replace("%", "%%") for name, password in accounts.items()}
    lines["mlflow"] = {
        "default_permission": "READ",
        "database_uri": (server.auth_url or sqlite_url(server.home / "auth.db")).replace("%", "%%"),
        "admin_username": ADMIN,
        "admin_password": escaped[ADMIN],
        "authorization_function": AUTHORIZATION if server.proxy_secret else BY_PASSWORD,
        # without the cache each request hashes the password again: .6 CPU seconds
        "auth_cache_ttl_seconds": "60",
    }
    lines[SLIPWAY_SECTION] = {"audit_log": str(server.audit_log).replace("%", "%%")}
    lines[ACCOUNTS_SECTION] = {user: escaped[user] for user in server.users if user != ADMIN}
    part = _Lines()
    lines.write(part)
    return "".join(part)


def accounts_of(ini: Path) -> dict[str, str]:
    """User → password as :func:`prepare` wrote them, the administrator included."""
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # user names keep their case
    parser.read(ini)
    return {ADMIN: parser["mlflow"]["admin_password"], **parser[ACCOUNTS_SECTION]}


def words_of(ini: Path) -> Path:
    """The file that remembers which passwords the server was last given (mode 0600)."""
    return ini.with_name("words.json")


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


def sqlite_url(path: Path) -> str:
    """The SQLAlchemy URL of a SQLite file."""
    return f"sqlite:///{path}"


def write_private(path: Path, text: str) -> None:
    """Replace a file that its owner alone may read, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    part.replace(path)
