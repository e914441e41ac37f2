"""One look at one release on live traffic: everything that its gates may ask."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

import numpy as np

from slipway.domain.accumulated_evidence import AccumulatedEvidence, MeanTotals, finite
from slipway.domain.blocks import BLOCK_S, Counts, Ints, StageUsers, Traffic, check, whole
from slipway.domain.mean_blocks import MeanBlocks
from slipway.domain.stage import Stage
from slipway.stats.histogram import BUCKETS

_OF_USERS = (
    "user_trials",
    "user_successes",
    "candidate_user_trials",
    "candidate_user_successes",
)


@dataclass(frozen=True, slots=True, eq=False)
class Arrived:
    """Requests as soon as they are in the log, before anybody knows what came of them.

    ``traffic`` holds the blocks since ``past``, which has totals of requests and the evidence on
    errors and latency alone. ``reference_latency`` is as in :class:`LiveMeasurements`.
    """

    traffic: Traffic = field(default_factory=Traffic)
    past: AccumulatedEvidence = field(default_factory=AccumulatedEvidence)
    reference_latency: Ints = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return {
            "traffic": _arrays(self.traffic),
            "past": self.past.to_dict(),
            "reference_latency": self.reference_latency.tolist(),
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote."""
        past, reference = AccumulatedEvidence.from_dict(raw["past"]), raw["reference_latency"]
        return cls(Traffic(**raw["traffic"]), past, whole("arrived.reference", reference, (None,)))


@dataclass(frozen=True, slots=True, eq=False)
class LiveMeasurements:
    """One look at one release: everything that arrived in time, from its first exposure on.

    What stands here has matured: its outcomes are all known. ``arrivals`` and ``arrived`` are ahead
    of it by the time that outcomes take; gates that need none judge :meth:`without_outcomes`.
    Without ``arrived`` nothing is ahead.

    ``control`` is all concurrent traffic of the arm ``champion`` (in a first release the rules
    answer there; ``has_champion`` is then false), ``rules`` all traffic that the rules answer.
    In a watch the new champion stands as ``candidate``, and as ``control`` the hold-back of the version
    ``held_back``; where nobody is held back (``held_back`` None) the rules.
    ``segments`` maps ``"device=1"`` to its own :class:`Counts`. ``user_trials`` and
    ``user_successes`` int64[U] are sums over the release for each **control** user (clustering), those
    of ``candidate_user_`` for each of the candidate's.
    ``reference_latency`` int64[K] are the champion's answers of the reference week, in the buckets
    of ``slipway.stats.histogram``. ``means`` are the line's declared means by name, ``mean_blocks`` the
    same block by block, of a watch beside a hold-back alone.

    ``past`` is what was folded before: blocks and users then hold what came after it alone. A block
    of the past (a second time, late, or with a clock that went back) raises NotComputable.
    ``outcome_window_s`` is how long an outcome may take: gates see only the blocks whose outcomes
    have all arrived. ``reference`` is the champion's log click ratio to the reference champion of
    the line, with the variance of it (margin creep); None where the ledger cannot say it. Times are
    UTC.
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
    candidate_user_trials: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    candidate_user_successes: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    arrivals: tuple[StageUsers, ...] = ()
    reference_latency: Ints = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))
    means: Mapping[str, MeanTotals] = field(default_factory=dict)
    past: AccumulatedEvidence = field(default_factory=AccumulatedEvidence)
    outcome_window_s: int = 0
    reference: tuple[float, float] | None = (0.0, 0.0)
    arrived: Arrived | None = None
    held_back: str | None = None
    mean_blocks: Mapping[str, MeanBlocks] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*_OF_USERS, "reference_latency"):
            object.__setattr__(self, name, whole(f"live.{name}", getattr(self, name), (None,)))
        for first, second in (_OF_USERS[:2], _OF_USERS[2:]):
            same = len(getattr(self, first)) == len(getattr(self, second))
            check(same, f"live.{second}", len(getattr(self, second)), "one for each user")
        whole("live.outcome_window_s", [self.outcome_window_s], (1,))
        if self.reference is not None:
            drift, variance = finite("live.reference", self.reference)
            check(bool(variance >= 0), "live.reference", drift, "a variance >= 0")
        self._check_time()
        self.without_outcomes()

    def _check_time(self) -> None:
        times = (self.now, self.stage_since, self.live_since or self.now)
        known = all(at.utcoffset() is not None for at in times)
        check(known, "live.now", self.now.isoformat(), "in UTC, as all times: with its offset")
        since = self.stage_since
        check(self.now >= since, "live.now", self.now.isoformat(), f"not before {since}")
        folded, now_s = self.past.until_s, self.now.timestamp()
        check(folded <= now_s, "live.now", self.now.isoformat(), "not before the folded past")
        parts: dict[str, Counts | Traffic] = {"clicks": self.clicks, "traffic": self.traffic}
        for name, part in (parts | dict(self.segments)).items():
            early, late = part.start_s.min(initial=folded), part.start_s.max(initial=0)
            check(early >= folded, f"live.{name}", int(early), "after the folded past")
            check(late <= now_s, f"live.{name}", int(late), "not after now")

    @property
    def hours_in_stage(self) -> float:
        """Hours since the stage began."""
        return (self.now - self.stage_since) / timedelta(hours=1)

    @property
    def requests(self) -> Ints:
        """Requests int64[2] of control and candidate since the first exposure."""
        total: Ints = self.past.requests + self.traffic.requests.sum(axis=0)
        return total

    @property
    def fallbacks(self) -> Ints:
        """Fallbacks int64[2], as :attr:`requests`."""
        total: Ints = self.past.fallbacks + self.traffic.fallbacks.sum(axis=0)
        return total

    @property
    def latency(self) -> Ints:
        """Latency histograms int64[2, K], as :attr:`requests`."""
        total: Ints = self.past.latency + self.traffic.latency.sum(axis=0)
        return total

    def without_outcomes(self) -> Self:
        """The same look, as far as requests have arrived; it has no clicks.

        Raises NotComputable where blocks of them are no blocks of this look.
        """
        if self.arrived is None:
            return self
        return replace(
            self,
            clicks=Counts(),
            segments={},
            traffic=self.arrived.traffic,
            past=self.arrived.past,
            reference_latency=self.arrived.reference_latency,
            arrived=None,
        )

    def mature(self, counts: Counts) -> Counts:
        """The blocks of ``counts`` whose outcomes have all arrived by now."""
        if not self.outcome_window_s:
            return counts
        ended = self.now.timestamp() - self.outcome_window_s - BLOCK_S
        young = counts.start_s > ended
        return counts.among(~young) if young.any() else counts

    def exposures_in_stage(self) -> int:
        """Exposures of the candidate since its stage began."""
        new = self.clicks.in_stage(self.stage).trials[:, 1].sum()
        return int(new) + self.past.exposures.get(self.stage.value, 0)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        times = ("now", "stage_since", "live_since")
        blocks = {name: part.to_dict() for name, part in self.mean_blocks.items()}
        return {
            "line": self.line,
            "version": self.version,
            "stage": self.stage.value,
            "has_champion": self.has_champion,
            **{name: at.isoformat() if (at := getattr(self, name)) else None for name in times},
            "clicks": _arrays(self.clicks),
            "segments": {name: _arrays(part) for name, part in self.segments.items()},
            "traffic": _arrays(self.traffic),
            **{name: getattr(self, name).tolist() for name in _OF_USERS},
            "arrivals": [[a.stage.value, list(a.expected), list(a.users)] for a in self.arrivals],
            "reference_latency": self.reference_latency.tolist(),
            "means": {name: asdict(part) for name, part in self.means.items()},
            "past": self.past.to_dict(),
            "outcome_window_s": self.outcome_window_s,
            "reference": list(self.reference) if self.reference else None,
            **({"arrived": self.arrived.to_dict()} if self.arrived else {}),
            **({"held_back": self.held_back} if self.held_back else {}),
            **({"mean_blocks": blocks} if blocks else {}),
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
        clean["means"] = {name: MeanTotals(**part) for name, part in raw["means"].items()}
        clean["past"] = AccumulatedEvidence.from_dict(raw["past"])
        clean["reference"] = tuple(raw["reference"]) if raw["reference"] else None
        if "arrived" in raw:
            clean["arrived"] = Arrived.from_dict(raw["arrived"])
        blocks = raw.get("mean_blocks", {})
        clean["mean_blocks"] = {name: MeanBlocks.from_dict(part) for name, part in blocks.items()}
        clean["arrivals"] = tuple(
            StageUsers(Stage(stage), tuple(expected), tuple(users))
            for stage, expected, users in raw["arrivals"]
        )
        return cls(**clean)


def _arrays(part: Counts | Traffic) -> dict[str, Any]:
    return {name: getattr(part, name).tolist() for name in type(part).__slots__}
