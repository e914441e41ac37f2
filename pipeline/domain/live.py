"""One look at one release on live traffic: everything that its gates may ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import numpy as np

from pipeline.domain.blocks import Counts, Ints, StageUsers, Traffic, check, whole
from pipeline.domain.stage import Stage

DAY_S = 86_400
SATURDAY = 5


@dataclass(frozen=True, slots=True, eq=False)
class LiveMeasurements:
    """One look at one release: everything that arrived in time, from its first exposure on.

    ``control`` is all concurrent traffic of the arm ``champion`` (in a first release the rules
    answer there; ``has_champion`` is then false), ``rules`` all traffic that the rules answer.
    In a watch the new champion stands as ``candidate`` and the rules as ``control``.
    ``segments`` maps ``"genre=3"`` to its own :class:`Counts`. ``user_trials`` and
    ``user_successes`` int64[U] are sums over the release for each **control** user (clustering).
    ``reference_latency`` int64[K] are the champion's answers of the reference week, in the buckets
    of ``pipeline.stats.histogram``. Times are UTC.
    """

    line: str
    version: str
    stage: Stage
    now: datetime
    stage_since: datetime
    live_since: datetime | None
    has_champion: bool
    clicks: Counts = field(default_factory=Counts)
    segments: Mapping[str, Counts] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    user_trials: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    user_successes: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    arrivals: tuple[StageUsers, ...] = ()
    reference_latency: Ints = field(default_factory=lambda: np.zeros(64, np.int64))

    def __post_init__(self) -> None:
        for name in ("user_trials", "user_successes", "reference_latency"):
            object.__setattr__(self, name, whole(f"live.{name}", getattr(self, name), (None,)))
        same = len(self.user_trials) == len(self.user_successes)
        check(same, "live.user_successes", len(self.user_successes), "one for each control user")

    @property
    def hours_in_stage(self) -> float:
        """Hours since the stage began."""
        return (self.now - self.stage_since) / timedelta(hours=1)

    def weekday_types_seen(self) -> tuple[bool, bool]:
        """Whether the candidate was exposed on a working day, and on a weekend (UTC)."""
        exposed = self.clicks.start_s[self.clicks.trials[:, 1] > 0]
        midnights = np.unique(exposed // DAY_S) * DAY_S
        days = {datetime.fromtimestamp(int(at), UTC).weekday() for at in midnights}
        return any(day < SATURDAY for day in days), any(day >= SATURDAY for day in days)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        times = ("now", "stage_since", "live_since")
        return {
            "line": self.line,
            "version": self.version,
            "stage": self.stage.value,
            "has_champion": self.has_champion,
            **{name: at.isoformat() if (at := getattr(self, name)) else None for name in times},
            "clicks": _arrays(self.clicks),
            "segments": {name: _arrays(part) for name, part in self.segments.items()},
            "traffic": _arrays(self.traffic),
            "user_trials": self.user_trials.tolist(),
            "user_successes": self.user_successes.tolist(),
            "arrivals": [[a.stage.value, list(a.expected), list(a.users)] for a in self.arrivals],
            "reference_latency": self.reference_latency.tolist(),
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        clean = dict(raw)
        for name in ("now", "stage_since", "live_since"):
            clean[name] = datetime.fromisoformat(raw[name]) if raw[name] else None
        clean["stage"] = Stage(raw["stage"])
        clean["clicks"] = Counts(**raw["clicks"])
        clean["segments"] = {name: Counts(**part) for name, part in raw["segments"].items()}
        clean["traffic"] = Traffic(**raw["traffic"])
        clean["arrivals"] = tuple(
            StageUsers(Stage(stage), tuple(expected), tuple(users))
            for stage, expected, users in raw["arrivals"]
        )
        return cls(**clean)


def _arrays(part: Counts | Traffic) -> dict[str, Any]:
    return {name: getattr(part, name).tolist() for name in type(part).__slots__}
