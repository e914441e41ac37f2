"""Who else is shown a line's release state: a team's own flags and servers, beside Slipway's router."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from slipway.domain.declared_types import settle_types
from slipway.domain.errors import BadConfig

_LONGEST_S = 30.0


class FlagFormat(StrEnum):
    """How a flag file says it."""

    SLIPWAY = "slipway"  # the state itself, with the share of users of each arm
    FLAGD = "flagd"  # flags of OpenFeature's flagd, which assign users by its own fractions


@dataclass(frozen=True, slots=True)
class FlagFile:
    """A JSON file that is replaced as a whole whenever the state changes.

    ``path`` is absolute, or ``$NAME`` of an environment variable that holds one.
    """

    path: str
    format: FlagFormat = FlagFormat.SLIPWAY

    def __post_init__(self) -> None:
        settle_types(self, "FlagFile")
        if not self.path.startswith(("/", "$")):
            raise _bad("FlagFile.path", self.path, "an absolute path, or $NAME", "write it whole")

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"flag file {self.path}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is sent the state by POST, and answers 2xx once it holds.

    ``url`` or ``$NAME``; ``token`` is ``$NAME`` of a variable with a bearer token. The same state may
    be sent again, and an older ``epoch`` must be left alone. ``timeout_s`` is how long it may take.
    """

    url: str
    token: str = ""
    timeout_s: float = 5.0

    def __post_init__(self) -> None:
        settle_types(self, "Webhook")
        parts = urlsplit(self.url)
        if not self.url.startswith("$") and (
            parts.scheme not in ("http", "https") or parts.password
        ):
            expected = "an http(s) address without a password, or $NAME"
            raise _bad("Webhook.url", self.url, expected, "correct the address")
        if self.token and not self.token.startswith("$"):
            raise _bad("Webhook.token", "a token", "$NAME of a variable", "keep it out of the line")
        if not 0 < self.timeout_s <= _LONGEST_S:
            raise _bad(
                "Webhook.timeout_s",
                self.timeout_s,
                f"above 0, at most {_LONGEST_S:g}",
                "a look waits for it",
            )

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"webhook {self.url}"


Traffic = FlagFile | Webhook


def _bad(what: str, found: object, expected: str, next_step: str) -> BadConfig:
    return BadConfig(what, found=found, expected=expected, next_step=next_step)
