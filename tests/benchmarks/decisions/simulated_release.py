"""One simulated release before the real gates and the real machine."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from people_kit import PEOPLE
from slipway.domain.accumulated_evidence import AccumulatedEvidence
from slipway.domain.approval import Approval
from slipway.domain.blocks import Counts, Ints, StageUsers, Traffic
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.release import Candidate, LineState, Origin
from slipway.domain.stage import CANARY_STAGES, Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates import gates_for, judge
from slipway.release.machine import Decision, decide
from slipway.release.transitions import transition
from slipway.stats.histogram import BUCKETS

from .crowd import SLOW
from .scene import EPOCH_S, Words

LINE = "simulated"
FAST_BUCKET, SLOW_BUCKET = 10, 40
REFERENCE = 1_000_000  # answers behind the latency threshold
COLUMNS = ("n0", "x0", "n1", "x1", "nr", "xr", "s0", "s1")
"""Of a block: trials and clicks of control, candidate and rules; slow answers of the first two."""


class SimulatedRelease:
    """The state of one release; :meth:`look` lets the gates judge and the machine decide."""

    def __init__(self, policy: Policy, monday_s: int) -> None:
        self.policy, self.reason, self.stopped_by = policy, "", ""
        self.origin = datetime.fromtimestamp(EPOCH_S + monday_s, UTC)
        candidate = Candidate(
            version="2",
            fingerprint="simulated",
            author="adam",
            origin=Origin.SCHEDULED,
            interval_end=self.origin,
            stage=CANARY_STAGES[0],
            stage_since=self.origin,
            live_since=self.origin,
        )
        self.state = LineState(LINE, champion="1", candidate=candidate)

    @property
    def candidate(self) -> Candidate:
        """The candidate, also after its release ended."""
        if self.state.candidate is None:
            raise ValueError("a release without a candidate")
        return self.state.candidate

    def look(self, seen: "Seen", elapsed_s: int) -> Decision:
        """The real verdicts and the real decision, applied; a review approves at once."""
        now = self.origin + timedelta(seconds=elapsed_s)
        live = self.measurements(seen, now)
        panel = gates_for(live.stage, has_champion=True, policy=self.policy)
        verdicts = [judge(gate, live, self.policy) for gate in panel]
        decision = decide(
            self.state, verdicts, self.policy, now, self._approval(now), people=PEOPLE
        )
        step = transition(
            self.state, decision, policy=self.policy, now=now, actor="look", verdicts=verdicts
        )
        if step:
            self.state = replace(self.state, epoch=step.epoch, candidate=step.candidate)
            self.reason, self.stopped_by = step.reason, _failed(verdicts)
        return decision

    def measurements(self, seen: "Seen", now: datetime) -> LiveMeasurements:
        """What the gates are shown: the blocks of ``seen`` up to ``now``."""
        candidate = self.candidate
        start = EPOCH_S + (self.origin - datetime.fromtimestamp(EPOCH_S, UTC)).total_seconds()
        starts = int(start) + np.arange(len(seen.blocks)) * seen.block_s
        counts = dict(zip(COLUMNS, seen.blocks.T.astype(np.int64), strict=True))
        return LiveMeasurements(
            line=LINE,
            version=candidate.version,
            stage=candidate.stage,
            now=now,
            stage_since=candidate.stage_since,
            live_since=candidate.live_since,
            has_champion=True,
            clicks=_counts(starts, seen.stages, counts),
            segments=_segments(starts, seen),
            traffic=_traffic(starts, seen.stages, counts),
            past=AccumulatedEvidence(users=seen.users[0], candidate_users=seen.users[1]),
            arrivals=seen.arrivals,
            reference_latency=_histogram(
                np.array([REFERENCE]), np.array([round(REFERENCE * SLOW)])
            )[0],
        )

    def _approval(self, now: datetime) -> Approval | None:
        candidate = self.candidate
        if candidate.stage is not Stage.APPROVAL or candidate.evidence_digest is None:
            return None
        return Approval(
            line=LINE,
            version=candidate.version,
            reviewer="rita",
            decision="approve",
            reason="the evidence holds",
            evidence_digest=candidate.evidence_digest,
            model_fingerprint=candidate.fingerprint,
            at=now,
        )


class Seen:
    """What a look is shown of one release.

    ``blocks`` int[B, 8] by :data:`COLUMNS`, ``stages`` str[B]; ``users`` the six sums over users of
    control and candidate; ``parts`` int[B, S, 4] are n0, x0, n1, x1 of S segments.
    """

    def __init__(
        self,
        blocks: Ints,
        stages: Words,
        *,
        block_s: int,
        users: tuple[tuple[float, ...], tuple[float, ...]],
        arrivals: tuple[StageUsers, ...],
        parts: Ints | None = None,
    ) -> None:
        self.blocks, self.stages, self.block_s = blocks, stages, block_s
        self.users, self.arrivals, self.parts = users, arrivals, parts


def _counts(starts: Ints, stages: Words, counts: Mapping[str, Ints]) -> Counts:
    nothing = np.zeros_like(counts["n0"])
    trials = [counts["n0"], counts["n1"], counts.get("nr", nothing)]
    clicks = [counts["x0"], counts["x1"], counts.get("xr", nothing)]
    return Counts(starts, stages, np.stack(trials, axis=1), np.stack(clicks, axis=1))


def _segments(starts: Ints, seen: Seen) -> dict[str, Counts]:
    if seen.parts is None:
        return {}
    names = COLUMNS[:4]
    return {
        f"segment={place}": _counts(
            starts, seen.stages, dict(zip(names, seen.parts[:, place].T, strict=True))
        )
        for place in range(seen.parts.shape[1])
    }


def _traffic(starts: Ints, stages: Words, counts: Mapping[str, Ints]) -> Traffic:
    """Every impression is a request of its own; nothing falls back, nothing is in the shadow."""
    requests = np.stack((counts["n0"], counts["n1"]), axis=1)
    slow = np.stack((counts["s0"], counts["s1"]), axis=1)
    nothing = np.zeros(len(starts), np.int64)
    return Traffic(
        starts,
        stages,
        requests,
        np.zeros_like(requests),
        _histogram(requests, slow),
        nothing,
        nothing,
        np.zeros((len(starts), BUCKETS), np.int64),
    )


def _histogram(answers: Ints, slow: Ints) -> Ints:
    """Latency counts [..., BUCKETS] of so many answers, of which so many are slow."""
    out = np.zeros((*answers.shape, BUCKETS), np.int64)
    out[..., FAST_BUCKET], out[..., SLOW_BUCKET] = answers - slow, slow
    return out


def _failed(verdicts: list[Verdict]) -> str:
    """The gates that failed, in words."""
    return ", ".join(v.gate for v in verdicts if v.conclusion is Conclusion.FAIL)
