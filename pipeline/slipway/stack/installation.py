"""What one home folder's stack is made of: its options, ports and secrets, kept in ``run/``."""

import getpass
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from slipway.domain.errors import BadConfig
from slipway.stack import processes
from slipway.stack.ports import Ports, claim

_PASSWORD_BYTES, _KEY_BYTES = 12, 64


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may choose; database URLs default to SQLite files in the home folder.

    ``release_every_s`` is the pace of the reconciler in wall seconds, ``router_budget_ms`` how long an arm
    may take to score. ``reviewers`` and ``authors``
    are MLflow accounts; only the first may approve. With ``paused`` no DAG runs before it is unpaused.
    ``lines`` are folders of a team's lines, as in ``SLIPWAY_LINES``; ``uses`` names the lines that are used as
    they are declared, in place of those that every new stack uses.
    """

    clock_file: str | None = None
    policy_file: str | None = None
    release_every_s: float = 300.0
    router_workers: int = 2
    router_budget_ms: float = 50.0
    reviewers: tuple[str, ...] = ("rita",)
    authors: tuple[str, ...] = ("adam",)
    airflow_db: str | None = None
    mlflow_db: str | None = None
    ledger_url: str | None = None
    paused: bool = False
    lines: str | None = None
    uses: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords by account and the keys that the servers sign with (made once per home)."""

    airflow: Mapping[str, str] = field(default_factory=dict)
    mlflow: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)

    def complete(self, options: Options) -> "Secrets":
        """The same secrets and new ones for accounts and keys that have none yet."""
        mlflow = ("admin", "slipway", "router", *options.reviewers, *options.authors)
        return Secrets(
            airflow=_filled(self.airflow, ("admin", "viewer"), _PASSWORD_BYTES),
            mlflow=_filled(self.mlflow, mlflow, _PASSWORD_BYTES),
            keys=_filled(self.keys, ("jwt", "api"), _KEY_BYTES),
        )


def _filled(known: Mapping[str, str], names: tuple[str, ...], size: int) -> dict[str, str]:
    return {**{name: secrets.token_hex(size) for name in names}, **known}


@dataclass(frozen=True, slots=True)
class Installation:
    """One home folder's stack."""

    home: Path
    ports: Ports
    options: Options
    secrets: Secrets

    @property
    def run(self) -> Path:
        """Folder of ports, secrets, supervisor configuration and process logs."""
        return self.home / "run"

    @property
    def people(self) -> Path:
        """The file that says which accounts are one person's."""
        return self.home / "people.toml"

    @property
    def airflow_home(self) -> Path:
        """Airflow's folder: database, task logs, generated configuration."""
        return self.home / "airflow"

    @property
    def stack_id(self) -> str:
        """The word in the environment of every process that this stack started."""
        return stack_id(self.home)

    @property
    def airflow_url(self) -> str:
        """Address of Airflow's UI and API."""
        return f"http://127.0.0.1:{self.ports.airflow}"

    @property
    def mlflow_url(self) -> str:
        """Address of MLflow's UI and API."""
        return f"http://127.0.0.1:{self.ports.mlflow}"

    @property
    def router_url(self) -> str:
        """Address of the router."""
        return f"http://127.0.0.1:{self.ports.router}"

    @classmethod
    def prepare(cls, home: Path, options: Options) -> Self:
        """Claim ports, complete secrets and write both down; the stack itself must be down."""
        home = home.absolute()
        run = home / "run"
        run.mkdir(parents=True, exist_ok=True)
        claimed = set()
        for other in processes.other_homes(stack_id(home)):
            with suppress(BadConfig, OSError):  # its own start says what is wrong there
                claimed |= set(_ports(other / "run").to_dict().values())
        kept = Secrets(**_read(run / "secrets.json")).complete(options)
        installation = cls(home, claim(_ports(run), claimed), options, kept)
        _write(run / "ports.json", installation.ports.to_dict())
        _write(run / "options.json", asdict(options))
        _write(run / "secrets.json", asdict(installation.secrets))
        installation.write_people()
        return installation

    def write_people(self) -> None:
        """Say who is who where nobody has said it yet; what stands there is the owner's.

        Who starts runs here, in Airflow or at the command line, is the first author.
        """
        if not self.people.exists():
            self.people.write_text(people_text(self.options, getpass.getuser()))

    @classmethod
    def load(cls, home: Path) -> Self:
        """The installation that :meth:`prepare` wrote; raises BadConfig where there is none."""
        home = home.absolute()
        run = home / "run"
        if not (run / "options.json").is_file():
            raise BadConfig(
                "SLIPWAY_HOME",
                found=str(home),
                expected="a folder that a stack was started in",
                next_step="run `make up` first",
            )
        raw = _read(run / "options.json")
        options = Options(**raw)
        options = replace(options, reviewers=tuple(raw["reviewers"]), authors=tuple(raw["authors"]))
        if options.uses is not None:
            options = replace(options, uses=tuple(options.uses))
        return cls(
            home,
            _ports(run),
            options,
            Secrets(**_read(run / "secrets.json")),
        )


def people_text(options: Options, user: str) -> str:
    """The file of people for a stack's accounts; ``user`` is the account of the operating system."""
    tables = {name: {"mlflow": [name]} for name in (*options.authors, *options.reviewers)}
    if options.authors:
        started = {"airflow": ["admin"]}
        tables[options.authors[0]] |= started | ({} if user in tables else {"os": [user]})
    lines = ["# Who is who: each person's accounts. Whoever starts a run may not approve it."]
    for name, systems in tables.items():
        lines += ["", f"[{json.dumps(name)}]"]
        lines += [f"{system} = {json.dumps(accounts)}" for system, accounts in systems.items()]
    return "\n".join(lines) + "\n"


def stack_id(home: Path) -> str:
    """A short digest of the home folder's path."""
    return hashlib.sha256(str(home.absolute()).encode()).hexdigest()[:16]


def _ports(run: Path) -> Ports:
    """The ports that were claimed last; one that an older version claimed as well is free again."""
    known = {item.name for item in fields(Ports)}
    return Ports(
        **{name: port for name, port in _read(run / "ports.json").items() if name in known}
    )


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise BadConfig(
            str(path), found=str(error), expected="JSON", next_step="delete the file"
        ) from error
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
    part.replace(path)
