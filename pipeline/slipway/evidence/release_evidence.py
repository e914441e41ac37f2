"""All that is known of one release so far, in sums that the next hour adds to."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from slipway.domain.accumulated_evidence import AccumulatedEvidence, MeanTotals
from slipway.domain.blocks import Ints
from slipway.evidence.user_table import Keys, UserSums
from slipway.stats.histogram import BUCKETS
from slipway.stats.split import Floats


@dataclass(frozen=True, eq=False)
class ArrivedEvidence:
    """Every request before ``until`` that has arrived, whatever came of it.

    ``past`` holds the evidence on errors and latency, ``reference`` the champion's latency in the
    shadow. ``seen`` are distinct users by (place of the stage's step, arm).
    """

    until: datetime
    past: AccumulatedEvidence = field(default_factory=AccumulatedEvidence)
    reference: Ints = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))
    seen: dict[tuple[int, str], Keys] = field(default_factory=dict)

    def came(self) -> dict[int, dict[str, int]]:
        """Distinct users by place of the step, then by arm."""
        out: dict[int, dict[str, int]] = {}
        for (place, arm), keys in self.seen.items():
            out.setdefault(place, {})[arm] = len(keys)
        return out


@dataclass(frozen=True, eq=False)
class ReleaseEvidence:
    """Everything known before ``until``, outcomes with it; ``arrived`` is ahead of them.

    ``key`` says what was entered and under which policy. ``users`` are the control's: trials and
    successes since the shadow began, then lists beside the candidate, and for each declared mean the
    deviation of its amount and of its history; ``squares`` are their sums of squares and products
    (:func:`slipway.evidence.guardrail_sums.squares_of`). ``history`` holds the amounts per list of users
    before the release.
    """

    key: str
    until: datetime
    users: UserSums
    history: UserSums
    squares: Floats
    arrived: ArrivedEvidence
    past: AccumulatedEvidence = field(default_factory=AccumulatedEvidence)
    reference: Ints = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))
    totals: tuple[MeanTotals, ...] = ()
