"""Where things are on this machine: read once from the environment, checked, never guessed."""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from slipway import bundled
from slipway.domain.errors import BadConfig
from slipway.domain.people import People

ENGINES = ("duckdb", "spark")
_ROUTER_URL = "http://127.0.0.1:8900"
_SHORTEST_TOKEN = 16


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class EventClock:
    """The time that events are stamped with; a demo runs it faster than the wall clock.

    ``speed`` is in event seconds per wall second; ``wall0`` and ``event0`` are POSIX seconds of
    the same instant on both clocks. Before ``wall0`` and from event time ``until`` on the clock
    stands, so that events never run ahead of what a slow machine can look at.
    """

    wall0: float = 0.0
    event0: float = 0.0
    speed: float = 1.0
    until: float | None = None

    def at(self, wall: float) -> datetime:
        """The event time (UTC) at POSIX wall time ``wall``, in seconds."""
        seconds = self.event0 + (wall - self.wall0) * self.speed
        if self.until is not None:
            seconds = min(max(seconds, self.event0), max(self.until, self.event0))
        return _EPOCH + timedelta(seconds=seconds)

    @classmethod
    def from_file(cls, path: Path) -> "EventClock":
        """Read ``{"wall0", "event0", "speed", "until"}`` as the demo wrote it."""
        return cls(**json.loads(path.read_text()))


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses, folders and credentials of one Slipway installation."""

    home: Path
    ledger_url: str
    mlflow_url: str
    mlflow_pages: str  # the registry as a person's browser reaches it
    mlflow_user: str
    mlflow_password: str = field(repr=False)
    router_url: str
    router_hosts: frozenset[str]  # that callers of the router may ask for; "*": any
    router_token: str = field(repr=False)  # that they must send; "": none
    log_sync_s: float  # how long a row may take to reach the disk before its answer; 0: it need not
    public_key: Path
    reviewer_keys: (
        Path | None
    )  # of reviewers who sign themselves; without it the registry's server does
    clock_file: Path | None
    policy_file: Path | None
    people_file: Path | None
    alerts_file: Path | None  # where alerts are sent; without it nowhere
    release_every_s: float
    suites: Path
    engine: str  # that scans the log for its checks

    @property
    def clock(self) -> EventClock:
        """The clock in force; read from its file each time, so that a demo may change its pace."""
        return EventClock.from_file(self.clock_file) if self.clock_file else EventClock()

    @property
    def people(self) -> People:
        """Who is who, read each time; without a file nobody is known. Raises BadConfig."""
        path = self.people_file
        if path is None:
            return People()
        try:
            raw = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BadConfig(
                "SLIPWAY_PEOPLE",
                found=f"{path}: {error}",
                expected="a readable TOML file",
                next_step="restore it; until then no review can be distinguished from the author's own",
            ) from error
        return People.from_dict(raw, path.name)

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Settings":
        """Settings from ``SLIPWAY_*`` variables; raises BadConfig for an unknown one."""
        unknown = {k for k in env if k.startswith("SLIPWAY_")} - KNOWN
        if unknown:
            raise BadConfig(
                "environment",
                found=", ".join(sorted(unknown)),
                expected=f"one of {', '.join(sorted(KNOWN))}",
                next_step="correct or unset the variable",
            )
        home = Path(env.get("SLIPWAY_HOME", ".slipway")).absolute()
        engine = env.get("SLIPWAY_ENGINE", ENGINES[0])
        if engine not in ENGINES:
            raise BadConfig(
                "SLIPWAY_ENGINE",
                found=engine,
                expected=f"one of {', '.join(ENGINES)}",
                next_step="correct or unset the variable",
            )
        clock = env.get("SLIPWAY_CLOCK")
        mlflow = env.get("SLIPWAY_MLFLOW_URL", "http://127.0.0.1:5000")
        policy, people = env.get("SLIPWAY_POLICY"), env.get("SLIPWAY_PEOPLE")
        alerts, reviewers = env.get("SLIPWAY_ALERTS"), env.get("SLIPWAY_REVIEWER_KEYS")
        return cls(
            home=home,
            ledger_url=env.get("SLIPWAY_LEDGER_URL", f"sqlite:///{home / 'ledger.db'}"),
            mlflow_url=mlflow,
            mlflow_pages=env.get("SLIPWAY_MLFLOW_PAGES", mlflow),
            mlflow_user=env.get("SLIPWAY_MLFLOW_USER", ""),
            mlflow_password=env.get("SLIPWAY_MLFLOW_PASSWORD", ""),
            router_url=env.get("SLIPWAY_ROUTER_URL", _ROUTER_URL),
            router_hosts=_hosts(env),
            router_token=_token(env.get("SLIPWAY_ROUTER_TOKEN", "")),
            log_sync_s=_number(env, "SLIPWAY_LOG_SYNC_MS", "0", "milliseconds", least=0.0) / 1e3,
            public_key=Path(env.get("SLIPWAY_PUBLIC_KEY", str(home / "keys" / "review.pub"))),
            reviewer_keys=Path(reviewers) if reviewers else None,
            clock_file=Path(clock) if clock else None,
            policy_file=Path(policy) if policy else None,
            people_file=Path(people) if people else None,
            alerts_file=Path(alerts) if alerts else None,
            release_every_s=_number(env, "SLIPWAY_RELEASE_EVERY_S", "300", "seconds"),
            suites=Path(env.get("SLIPWAY_SUITES", str(bundled.folder("expectations")))),
            engine=engine,
        )


def _number(
    env: Mapping[str, str], name: str, usual: str, unit: str, least: float | None = None
) -> float:
    """The number of a variable: above 0, or from ``least`` on; raises BadConfig."""
    text = env.get(name, usual)
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not ((found > 0 or found == least) and found < float("inf")):
        raise BadConfig(
            name,
            found=text,
            expected=f"a number of {unit} {'above' if least is None else 'from'} 0",
            next_step="correct or unset the variable",
        )
    return found


def _hosts(env: Mapping[str, str]) -> frozenset[str]:
    """This machine's own names and the one that tasks reach the router by, or those that are set."""
    url = urlsplit(env.get("SLIPWAY_ROUTER_URL", _ROUTER_URL))
    own = {"127.0.0.1", "localhost", "::1", url.hostname or ""} - {""}
    wanted = env.get("SLIPWAY_ROUTER_HOSTS", "").replace(" ", "").lower()
    return frozenset({name for name in wanted.split(",") if name} | own)


def _token(text: str) -> str:
    if text and (len(text) < _SHORTEST_TOKEN or not re.fullmatch("[!-~]+", text)):
        raise BadConfig(
            "SLIPWAY_ROUTER_TOKEN",
            found=f"{len(text)} characters",
            expected=f"at least {_SHORTEST_TOKEN} ASCII characters without blanks or line ends, or none",
            next_step="make one with `openssl rand -hex 16`",
        )
    return text


KNOWN = frozenset(
    f"SLIPWAY_{name}"
    for name in (
        "HOME", "LEDGER_URL", "MLFLOW_URL", "MLFLOW_PAGES", "MLFLOW_USER", "MLFLOW_PASSWORD", "ROUTER_URL",
        "PUBLIC_KEY", "CLOCK", "POLICY", "RELEASE_EVERY_S", "SUITES", "PRELOAD", "STACK",
        "PEOPLE", "REVIEWERS", "SERVICE_USERS", "SIGNING_KEY", "ROUTER_LINES", "ROUTER_HOSTS", "ROUTER_TOKEN",
        "ENGINE", "LINES", "ALERTS", "PROXY_SECRET", "REVIEWER_KEYS", "REVIEWER_KEY", "LOG_SYNC_MS",
    )
)  # fmt: skip


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings.from_environment(os.environ)
