"""What a line's watch has said, and what it still has to send: one file of the line."""

from dataclasses import asdict, dataclass
from typing import Any

from slipway.data import json_file
from slipway.monitoring import alerts
from slipway.monitoring.alerts import Alert, Message
from slipway.steps import context

FILE = "alerts.json"
"""Where the alerts of a line lie, with what is not delivered yet, in its folder of the watch."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that a channel has not taken; ``tries`` so often, with the last ``error``."""

    channel: str
    message: Message
    tries: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a line's watch has said and still has to send."""

    alerts: alerts.Alerts
    outbox: tuple[Waiting, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        told = {name: alert.to_dict() for name, alert in self.alerts.items()}
        return {"alerts": told, "outbox": [asdict(each) for each in self.outbox]}

    @property
    def open(self) -> tuple[Alert, ...]:
        """Alerts that stand."""
        return tuple(alert for alert in self.alerts.values() if alert.closed_at is None)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What stands, and what was not delivered, one line each."""
        standing = (
            f"alert: {a.cause.severity}: {a.cause.what}: {a.cause.found}, since {a.cause.since}"
            for a in self.open
        )
        stuck = (
            f"alert: not delivered to {each.channel} in {each.tries} tries: {each.message.title} ({each.error})"
            for each in self.outbox
        )
        return (*standing, *stuck)


def desk_of(line_name: str) -> Desk:
    """The alerts of a line; none where nobody looked yet. A damaged file is an error, not an empty desk."""
    path = context.folder(line_name, "watch") / FILE
    if not path.is_file():
        return Desk({})
    raw = json_file.read(path)
    told = {name: Alert.from_dict(each) for name, each in raw["alerts"].items()}
    outbox = (
        Waiting(**each | {"message": Message.from_dict(each["message"])}) for each in raw["outbox"]
    )
    return Desk(told, tuple(outbox))
