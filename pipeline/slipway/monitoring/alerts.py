"""One alert a cause: when it is said, when it is said again, and when it closes itself. Pure and replayable.

A cause has an id that does not change while it stands; whatever finds causes is a source. An alert opens with
its cause and is said at once; as long as the cause stands it is said again after gaps that grow; when its
source looked and did not find it any more it closes, and that is said to whoever was told. A source that could not
look closes nothing. A cause that comes back within ``settle_h`` is the same alert: it is not news.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from slipway.domain.alert_policy import AlertPolicy


class Severity(StrEnum):
    """Who should read it, and when."""

    PAGE = "page"  # now: a champion was returned, an input is broken, nothing is served
    TICKET = "ticket"  # on a working day: a promise broken, a retrain asked, a look missing
    NOTE = "note"  # when there is time: something moved


_ORDER = (Severity.NOTE, Severity.TICKET, Severity.PAGE)


def plain(text: str) -> str:
    r"""A text that may hold words of the data, in one line of characters that can be seen.

    >>> plain("größe\r\nBcc: x \ud800\u202e")
    'größe Bcc: x'
    """
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that stands: ``what`` it is, what was ``found`` and ``expected``, ``since`` when, what it ``blocks``.

    Its texts may come from the data: whatever they held, they are :func:`plain`.
    """

    id: str
    source: str
    severity: Severity
    what: str
    found: str
    expected: str
    since: str
    blocks: str = "nothing"

    def __post_init__(self) -> None:
        for name in ("id", "what", "found", "expected", "since", "blocks"):
            object.__setattr__(self, name, plain(getattr(self, name)))


class Event(StrEnum):
    """Why a message is sent."""

    OPENED = "opened"
    WORSE = "worse"
    REPEATED = "still open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Alert:
    """A cause with what was said of it: ``told`` times, the last at ``told_at``.

    ``hushed``: it came back so soon after it closed that nobody was told, and is told nothing of its end.
    """

    cause: Cause
    opened_at: datetime
    told_at: datetime
    told: int
    closed_at: datetime | None = None
    hushed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        closed = self.closed_at.isoformat() if self.closed_at else None
        times = {"opened_at": self.opened_at.isoformat(), "told_at": self.told_at.isoformat()}
        return asdict(self) | times | {"closed_at": closed}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        closed = raw["closed_at"]
        cause = Cause(**{**raw["cause"], "severity": Severity(raw["cause"]["severity"])})
        return cls(
            cause,
            datetime.fromisoformat(raw["opened_at"]),
            datetime.fromisoformat(raw["told_at"]),
            raw["told"],
            datetime.fromisoformat(closed) if closed else None,
            raw["hushed"],
        )


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to send. ``id`` is the same each time it is tried, so that a receiver can drop a second copy."""

    id: str
    line: str
    event: Event
    cause: Cause
    at: str

    @property
    def title(self) -> str:
        """The subject."""
        return f"[{self.cause.severity} {self.event}] {self.line}: {self.cause.what}"

    def body(self, link: str) -> str:
        """What a person needs, a line each."""
        cause = self.cause
        parts = {
            "what": cause.what,
            "found": cause.found,
            "expected": cause.expected,
            "since": cause.since,
            "blocks": cause.blocks,
            "link": link or "slipway watch " + self.line,
        }
        return "\n".join(f"{name}: {text}" for name, text in parts.items())

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what ``dataclasses.asdict`` wrote, also after a trip through JSON."""
        cause = Cause(**{**raw["cause"], "severity": Severity(raw["cause"]["severity"])})
        return cls(raw["id"], raw["line"], Event(raw["event"]), cause, raw["at"])


Alerts = Mapping[str, Alert]


def step(
    line: str,
    before: Alerts,
    causes: Iterable[Cause],
    looked: Collection[str],
    now: datetime,
    policy: AlertPolicy,
) -> tuple[dict[str, Alert], tuple[Message, ...]]:
    """The alerts after a look at ``now``, and what is to be said.

    ``looked`` are the sources that could look; causes of others stand as they were.
    """
    standing = {cause.id: cause for cause in sorted(causes, key=lambda each: each.id)}
    after: dict[str, Alert] = {}
    said: list[Message] = []
    for name in sorted(before.keys() | standing.keys()):
        alert, event = _next(before.get(name), standing.get(name), looked, now, policy)
        if alert is None:
            continue
        after[name] = alert
        if event:
            number = f"{alert.opened_at:%Y%m%dT%H%M%S}-{alert.told}-{event.name.lower()}"
            said.append(
                Message(f"{line}/{name}/{number}", line, event, alert.cause, now.isoformat())
            )
    return after, tuple(said)


def _next(
    alert: Alert | None,
    cause: Cause | None,
    looked: Collection[str],
    now: datetime,
    policy: AlertPolicy,
) -> tuple[Alert | None, Event | None]:
    if cause is None:
        return _without_cause(alert, looked, now, policy)
    if alert is None or _is_settled(alert, now, policy):
        return Alert(cause, now, now, 1), Event.OPENED
    worse = _ORDER.index(cause.severity) > _ORDER.index(alert.cause.severity)
    due = alert.told_at + gap(cause.severity, alert.told, policy)
    hushed = alert.hushed or alert.closed_at is not None
    alert = replace(alert, cause=cause, closed_at=None, hushed=hushed)
    if worse or now >= due:
        again = Event.OPENED if hushed else Event.REPEATED
        event = Event.WORSE if worse else again
        return replace(alert, told_at=now, told=alert.told + 1, hushed=False), event
    return alert, None


def _without_cause(
    alert: Alert | None, looked: Collection[str], now: datetime, policy: AlertPolicy
) -> tuple[Alert | None, Event | None]:
    if alert is None or _is_settled(alert, now, policy):
        return None, None
    if alert.closed_at or alert.cause.source not in looked:
        return alert, None
    return replace(alert, closed_at=now), None if alert.hushed else Event.CLOSED


def _is_settled(alert: Alert, now: datetime, policy: AlertPolicy) -> bool:
    settle = timedelta(hours=policy.settle_h)
    return alert.closed_at is not None and now - alert.closed_at >= settle


def gap(severity: Severity, told: int, policy: AlertPolicy) -> timedelta:
    """How long nothing is said after an alert was said ``told`` times.

    >>> [gap(Severity.PAGE, n, AlertPolicy()) / timedelta(hours=1) for n in (1, 2, 3)]
    [1.0, 2.0, 4.0]
    """
    first = {
        Severity.PAGE: policy.page_gap_h,
        Severity.TICKET: policy.ticket_gap_h,
        Severity.NOTE: policy.note_gap_h,
    }[severity]
    return timedelta(
        hours=min(first * policy.gap_growth ** (told - 1), max(first, policy.most_gap_h))
    )
