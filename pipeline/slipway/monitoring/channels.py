"""Where alerts are sent: mail and web hooks, declared in one file of the installation.

A hook gets JSON with ``title``, ``body`` and ``type``: the form that the web service of Apprise takes at
``/notify``, and with it every channel that Apprise knows.
"""

import smtplib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any, Protocol

import httpx

from slipway.domain.alert_policy import AlertPolicy
from slipway.domain.config import typed_replace
from slipway.domain.errors import BadConfig
from slipway.monitoring.alerts import Event, Message, Severity

TIMEOUT_S = 10.0
_TYPES = {Severity.PAGE: "failure", Severity.TICKET: "warning", Severity.NOTE: "info"}


class Channel(Protocol):
    """Somewhere that people read."""

    name: str
    classes: frozenset[Severity]

    def send(self, message: Message, link: str) -> None:
        """Deliver one message; raises OSError or httpx.HTTPError where it was not taken."""


@dataclass(frozen=True, slots=True)
class Hook:
    """An HTTP address that takes JSON."""

    name: str
    url: str
    classes: frozenset[Severity]

    def send(self, message: Message, link: str) -> None:
        """POST the message; whatever is not 2xx was not taken."""
        kind = "success" if message.event is Event.CLOSED else _TYPES[message.cause.severity]
        body = {
            "title": message.title,
            "body": message.body(link),
            "type": kind,
            "tag": message.cause.severity.value,
            "id": message.id,
        }
        headers = {"Idempotency-Key": message.id}
        answer = httpx.post(self.url, json=body, headers=headers, timeout=TIMEOUT_S)
        answer.raise_for_status()


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server with its sender and receivers; ``starttls`` unless it is told otherwise."""

    name: str
    host: str
    sender: str
    to: tuple[str, ...]
    classes: frozenset[Severity]
    port: int = 587
    starttls: bool = True
    user: str = ""
    password_file: str = ""

    def send(self, message: Message, link: str) -> None:
        """Send the message to all receivers; one that is refused is an error (an OSError)."""
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = message.title, self.sender, ", ".join(self.to)
        mail["Message-ID"] = make_msgid(message.id.replace("/", "."), "slipway.invalid")
        mail["X-Slipway-Alert"] = message.id
        mail.set_content(message.body(link))
        with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S) as server:
            if self.starttls:
                server.starttls()
            if self.user:
                server.login(self.user, Path(self.password_file).read_text("utf-8").strip())
            refused = server.send_message(mail)
        if refused:
            raise smtplib.SMTPRecipientsRefused(refused)


@dataclass(frozen=True, slots=True)
class Routes:
    """What the alerts file declares: channels, when an alert is said again, and where pages are."""

    channels: tuple[Channel, ...] = ()
    policy: AlertPolicy = AlertPolicy()  # noqa: RUF009 - frozen
    pages: str = ""

    def link(self, line: str) -> str:
        """The address of a line's page *Watch*; empty where none is declared."""
        return f"{self.pages.rstrip('/')}/watch/{line}" if self.pages else ""


_KINDS = {"hook": Hook, "mail": Mail}
_WORDS = {
    "hook": {"name", "url", "classes"},
    "mail": {
        "name",
        "host",
        "sender",
        "to",
        "classes",
        "port",
        "starttls",
        "user",
        "password_file",
    },
}


def read(path: Path | None) -> Routes:
    """The alerts file; without one nothing is sent. Raises BadConfig for whatever would be passed over."""
    if path is None:
        return Routes()
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _bad("a file that cannot be read", str(error), "readable TOML") from error
    if unknown := sorted(raw.keys() - {"hook", "mail", "repeat", "pages"}):
        raise _bad("a table", ", ".join(unknown), "hook, mail, repeat or pages")
    policy = typed_replace(AlertPolicy(), raw.get("repeat", {}), where="alerts.repeat")
    channels = [_channel(kind, each) for kind in _KINDS for each in raw.get(kind, ())]
    names = [channel.name for channel in channels]
    if len(set(names)) < len(names):
        raise _bad("names of channels", ", ".join(names), "each once")
    return Routes(tuple(channels), policy, str(raw.get("pages", "")))


def _channel(kind: str, raw: Mapping[str, Any]) -> Channel:
    if unknown := sorted(raw.keys() - _WORDS[kind]):
        raise _bad(f"[[{kind}]]", ", ".join(unknown), f"words of {', '.join(sorted(_WORDS[kind]))}")
    try:
        classes = frozenset(map(Severity, raw.get("classes", list(Severity))))
        own = dict(raw) | {"classes": classes}
        if "to" in own:
            own["to"] = tuple(own["to"])
        made: Channel = _KINDS[kind](**own)
    except (TypeError, ValueError) as error:
        raise _bad(
            f"[[{kind}]]", str(error), "name and address, classes of page, ticket, note"
        ) from error
    return made


def _bad(where: str, found: str, expected: str) -> BadConfig:
    return BadConfig(
        f"SLIPWAY_ALERTS: {where}", found=found, expected=expected, next_step="correct the file"
    )
