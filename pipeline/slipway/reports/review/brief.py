"""What a reviewer's page is made of: who asks what of whom, and what was found. Plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from slipway.domain.declared_line import DeclaredLine
from slipway.domain.release import Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Verdict
from slipway.release.drills import Drill
from slipway.reports.page import Figure, Table

HELD_OUT, LIVE = "held-out rows", "live traffic"


class EffectBeside(NamedTuple):
    """The candidate beside the champion in one respect; positive is better for users.

    ``effect`` is relative, ``lower`` and ``upper`` are the worst and the best that the data allow,
    ``margin`` is the most that may be lost, ``floor`` what chance alone makes of it (fractions; None:
    not known or not asked). ``power`` is the chance that a candidate as good as the champion shows it.
    ``rows`` were compared, ``group`` is the column of a segment, ``where`` :data:`HELD_OUT` or :data:`LIVE`.
    """

    what: str
    where: str
    effect: float
    lower: float
    upper: float
    margin: float | None = None
    floor: float | None = None
    power: float | None = None
    group: str = ""
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """What is known of a release beside its measurements.

    ``version`` is empty before it is registered. ``at`` (UTC) is when the page was written,
    ``asked_until`` when a release that is still undecided ends by itself (None: it has ended, or its clock has
    not begun). ``run`` is what its training run left behind
    (:mod:`slipway.reports.review.run_record`), ``champion_run`` the same of the champion (None: not
    known). ``past`` is the ledger of the whole line. ``rehearsed`` is the newest rollback drill that passed,
    ``promises`` how earlier promises fared, ``staleness`` what the champion's age costs, ``loop`` whether the
    champion feeds on its own clicks, ``readiness`` the line's ML Test Score (empty: not known).
    ``one_reviewer`` says that one is asked for: the author is known, and the policy asks for no second.
    """

    line: DeclaredLine
    version: str
    stage: Stage
    at: datetime
    author: str
    origin: str
    fingerprint: str
    champion: str | None
    run: Mapping[str, Any]
    champion_run: Mapping[str, Any] | None = None
    past: Sequence[Transition] = ()
    evidence_digest: str = ""
    asked_until: datetime | None = None
    one_reviewer: bool = True
    rehearsed: Drill | None = None
    promises: str = ""
    staleness: str = ""
    loop: str = ""
    readiness: str = ""
    share: float = 0.0
    reason: str = ""

    @property
    def name(self) -> str:
        """What people call it.

        A version has its number only once it is registered.
        """
        return f"version {self.version}" if self.version else "this candidate"

    @property
    def own(self) -> tuple[Transition, ...]:
        """The lines of the ledger that speak of this version."""
        return tuple(t for t in self.past if self.version and t.candidate.version == self.version)


class UserExposure(NamedTuple):
    """What users have had of a candidate: exposures, requests, days, and the budget of harm used (0 to 1)."""

    exposures: int
    requests: int
    days: float
    budget_used: float | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What was measured, in the order in which a reader wants to know it.

    ``users`` says in a sentence what users would see that is other than today; ``rules`` how the
    hand-written rules did; ``hardest``, where losses are no percentages, who is hit hardest. ``untested`` adds to what the line itself leaves untested. ``tables`` and
    ``facts`` are the kind's own.
    """

    lead: str
    verdicts: Sequence[Verdict]
    compared: Sequence[EffectBeside] = ()
    segments: Sequence[EffectBeside] = ()
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    untested: Sequence[str] = ()
    users: str = ""
    rules: str = ""
    hardest: str = ""
    exposure: UserExposure | None = None
