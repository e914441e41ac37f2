"""Who comes to a router in a demo, what they ask, and what comes of its answers: what any world has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

CANDIDATES = 30
"""Films offered with each request; the line shows the best ``list_length`` of them."""
CLICK_DELAY_S = 360.0
"""Mean event seconds between a list of films and a click on it."""
LATE_SHARE = 0.01
LATE_HOURS = (8.0, 20.0)
"""Share of outcomes that arrive hours later than the others, and by how many."""
DUPLICATE_SHARE = 0.005
"""Share of outcomes that are sent twice."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is done to the world: relative effects of versions."""

    effects: Mapping[str, float] = field(default_factory=dict)


class Consequence(NamedTuple):
    """What comes of an answer ``delay_s`` event seconds later, without its time."""

    delay_s: float
    event: dict[str, Any]


class Call(Protocol):
    """One call of the router, for one visit or several."""

    @property
    def verb(self) -> str:
        """What is asked."""

    @property
    def body(self) -> dict[str, Any]:
        """The payload."""

    @property
    def visits(self) -> int:
        """Visits in it."""

    def outcomes(self, answer: dict[str, Any], scenario: Scenario) -> Iterable[Consequence]:
        """What comes of the answer."""


class Visitors(Protocol):
    """Who comes."""

    def intensity(self, at: float) -> float:
        """Visits at a time (POSIX seconds), in relation to their mean."""

    def calls(self, at: float, n: int) -> Sequence[Call]:
        """The calls of ``n`` visits at a time."""
