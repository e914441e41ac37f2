"""Where alerts are sent: addresses of Apprise, declared in one file of the installation."""

import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slipway.domain.alert_policy import AlertPolicy
from slipway.domain.config import typed_replace
from slipway.domain.errors import BadConfig
from slipway.monitoring.alerts import Event, Message, Severity
from slipway.threads import within

if TYPE_CHECKING:
    from apprise import Apprise

_TYPES = {Severity.PAGE: "failure", Severity.TICKET: "warning", Severity.NOTE: "info"}


LONGEST_S = 30.0
"""Wall seconds that one message may take in all: a receiver may answer a byte now and then."""


class NotTaken(Exception):
    """A channel did not take a message; says why, as far as Apprise does."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Somewhere that people read: an address of Apprise, and the classes that are sent there."""

    name: str
    url: str
    classes: frozenset[Severity]

    def send(self, message: Message, link: str) -> None:
        """Deliver one message; raises NotTaken where it was not taken, whatever that failed by."""
        try:
            within(LONGEST_S, lambda: self._notify(message, link))
        except NotTaken:
            raise
        except TimeoutError as error:
            raise NotTaken(f"no answer in {LONGEST_S:g} s") from error
        except Exception as error:
            raise NotTaken(f"{type(error).__name__}: {error}") from error

    def _notify(self, message: Message, link: str) -> None:
        from apprise import LogCapture

        kind = "success" if message.event is Event.CLOSED else _TYPES[message.cause.severity]
        with LogCapture(level=logging.WARNING, fmt="%(message)s") as said:
            # Apprise says what went wrong in its log alone
            taken = _apprise(self.url).notify(
                title=message.title, body=message.body(link), notify_type=kind, body_format="text"
            )
            why = said.getvalue()
        if not taken:
            raise NotTaken("; ".join(why.split("\n")).strip("; ") or "it says no reason")


@dataclass(frozen=True, slots=True)
class Routes:
    """What the alerts file declares: channels, when an alert is said again, and where pages are."""

    channels: tuple[Channel, ...] = ()
    policy: AlertPolicy = AlertPolicy()  # noqa: RUF009 - frozen
    pages: str = ""

    def link(self, line: str) -> str:
        """The address of a line's page *Watch*; empty where none is declared."""
        return f"{self.pages.rstrip('/')}/watch/{line}" if self.pages else ""


_WORDS = {"name", "url", "url_file", "classes"}


def read(path: Path | None) -> Routes:
    """The alerts file; without one nothing is sent. Raises BadConfig for whatever would be passed over."""
    if path is None:
        return Routes()
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _bad("a file that cannot be read", str(error), "readable TOML") from error
    if unknown := sorted(raw.keys() - {"channel", "repeat", "pages"}):
        raise _bad("a table", ", ".join(unknown), "channel, repeat or pages")
    policy = typed_replace(AlertPolicy(), raw.get("repeat", {}), where="alerts.repeat")
    channels = tuple(map(_channel, _tables(raw)))
    names = [channel.name for channel in channels]
    if len(set(names)) < len(names):
        raise _bad("names of channels", ", ".join(names), "each once")
    return Routes(channels, policy, str(raw.get("pages", "")))


def _tables(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = raw.get("channel", [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise _bad("channel", repr(found)[:40], "a table [[channel]] for each")
    return found


def _channel(raw: Mapping[str, Any]) -> Channel:
    if unknown := sorted(raw.keys() - _WORDS):
        raise _bad("[[channel]]", ", ".join(unknown), f"words of {', '.join(sorted(_WORDS))}")
    if not str(raw.get("name", "")).strip() or len(raw.keys() & {"url", "url_file"}) != 1:
        raise _bad("[[channel]]", ", ".join(raw), "a name, and a url or a url_file that holds it")
    name = str(raw["name"])
    try:
        url = str(raw["url"]) if "url" in raw else Path(raw["url_file"]).read_text("utf-8").strip()
        classes = frozenset(map(Severity, raw.get("classes", list(Severity))))
    except (OSError, TypeError, ValueError) as error:
        raise _bad(f"channel {name}", str(error), "classes of page, ticket, note") from error
    try:
        _apprise(url)
    except ModuleNotFoundError as error:
        raise _bad(f"channel {name}", str(error), "the package of slipway[alerts]") from error
    return Channel(name, url, classes)


def _apprise(url: str) -> "Apprise":
    """Raises BadConfig for what is no address; it may hold a password and is never said."""
    from apprise import Apprise

    found = Apprise()
    if not found.add(url) or len(found) != 1:
        kind = url.partition(":")[0]
        raise _bad(
            f"a url of {kind}", "no address that Apprise knows", "one, as its wiki writes it"
        )
    return found


def _bad(where: str, found: str, expected: str) -> BadConfig:
    return BadConfig(
        f"SLIPWAY_ALERTS: {where}", found=found, expected=expected, next_step="correct the file"
    )
