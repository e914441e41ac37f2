"""Looks at which a gate's conclusion can change: where the real gates must be asked.

Never stricter than the gates: an error rate that nobody proves counts as evidence of 1, proofs that
come long before the others (guardrails, creeping losses) are taken for granted, an evidence at its
limit is called a rounding error early, and a design effect that fell asks again.
"""

import math

import numpy as np
from slipway.domain.policy import Policy
from slipway.evidence.family import guardrail_weight
from slipway.gates.too_good_live import BEYOND
from slipway.stats.eprocess import Split, log_path
from slipway.stats.mixtures import NI_WEIGHTS
from slipway.stats.ratio_sums import WIDTH, ratio_sums

from .crowd import JOINING, Bools, Ints
from .release_log import MaturedBlocks
from .scene import Floats, Scene

ROUNDING = 1e-6


class Alert:
    """Evidence of R releases so far, as sums that add up."""

    def __init__(self, scene: Scene, policy: Policy, size: int) -> None:
        self.scene, self.policy = scene, policy
        self._clicks, self._rules, self._slow = (np.zeros((size, WIDTH)) for _ in range(3))
        self._parts = np.zeros((size, scene.segments, WIDTH))
        self._here = np.zeros(size, np.int64)
        self._weekends = np.zeros((size, WIDTH))
        self._peak, self._widest = np.full(size, -np.inf), np.ones(size)

    def called(
        self, seen: MaturedBlocks, rows: Ints, stage: Ints, hours: Floats, design_effect: Floats
    ) -> Bools:
        """bool[n, C]: the looks at which n releases may advance, return or time out.

        ``stage`` [n]; ``hours`` [n, C] in the stage at each look; ``design_effect`` [n].
        """
        family = self._family(seen, rows, design_effect)
        found: Bools = family >= math.log(1 / self.policy.alpha) - ROUNDING
        found |= self._too_good(seen, rows, design_effect)
        found[:, 0] |= self._narrower(rows, design_effect)
        for place, rule in enumerate(self.policy.canary):
            at = np.flatnonzero(stage == place)
            if len(at):
                enough = self._enough(seen, rows, at, place)
                long = hours[at] >= rule.min_hours - ROUNDING
                found[at] |= long & enough & self._proven(seen, rows, at, place, design_effect)
        found[stage == JOINING] = True  # a review is there at once
        return found

    def take(
        self, seen: MaturedBlocks, rows: Ints, taken: Bools, stage: Ints, design_effect: Floats
    ) -> None:
        """Add the looks ``taken`` [n, C] to what is known."""
        if self.scene.active < 1:
            family = np.where(taken, self._family(seen, rows, design_effect), -np.inf)
            self._peak[rows] = np.maximum(self._peak[rows], design_effect * family.max(axis=1))
            self._widest[rows] = np.maximum(self._widest[rows], design_effect)
        for sums, part in (
            (self._clicks, seen.clicks),
            (self._rules, seen.rules),
            (self._slow, seen.slow),
        ):
            sums[rows] += ratio_sums(_only(part, taken))
        if seen.parts is not None:
            self._parts[rows] += ratio_sums(_only(seen.parts, taken[:, None]))
        exposed = seen.exposed * taken
        self._here[rows] += (exposed * (seen.stage == stage[:, None])).sum(axis=1)
        there = taken & seen.weekend
        at = np.flatnonzero(there.any(axis=1))
        if len(at):
            new = Split(*(part[at] for part in seen.clicks))
            self._weekends[rows[at]] += ratio_sums(_only(new, there[at]))

    def enter(self, row: int) -> None:
        """A new stage begins for one release."""
        self._here[row] = 0

    def _family(self, seen: MaturedBlocks, rows: Ints, design_effect: Floats) -> Floats:
        """Ln of the family's weighted evidence after each look, float64[n, C]."""
        policy, guard = self.policy, guardrail_weight(self.policy)
        clicks = self._harm(seen.clicks, design_effect, self._clicks[rows])
        slower = log_path(
            seen.slow,
            null_ratio=policy.latency_tolerance,
            ratios=policy.latency_ratios,
            weights=[1 / len(policy.latency_ratios)] * len(policy.latency_ratios),
            before=self._slow[rows],
        )
        quantiles = len(policy.latency_quantiles)  # one threshold in the simulation: equal members
        total = policy.primary_weight * np.exp(clicks) + guard * (quantiles * np.exp(slower) + 1)
        if seen.parts is not None:
            wide = np.repeat(design_effect[:, None], self.scene.segments, axis=1)
            parts = self._harm(seen.parts, wide, self._parts[rows])
            total += policy.segment_weight / self.scene.segments * np.exp(parts).sum(axis=1)
        family: Floats = np.log(total)
        return family

    def _harm(self, part: Split, design_effect: Floats, before: Floats) -> Floats:
        """Ln of the evidence that the candidate gets fewer clicks, after each look."""
        policy = self.policy
        return log_path(
            part,
            null_ratio=1.0,
            ratios=[1 - m for m in policy.harm_effects],
            weights=policy.harm_weights,
            design_effect=design_effect,
            before=before,
        )

    def _too_good(self, seen: MaturedBlocks, rows: Ints, design_effect: Floats) -> Bools:
        """Whether a gain is proven that nobody would believe."""
        cap, before = 1 + self.policy.too_good_live, self._clicks[rows]
        path = log_path(
            seen.clicks,
            null_ratio=cap,
            ratios=[cap * step for step in BEYOND],
            weights=[1 / len(BEYOND)] * len(BEYOND),
            design_effect=design_effect,
            before=before,
        )
        found: Bools = path >= math.log(1 / self.policy.alpha) - ROUNDING
        return found

    def _narrower(self, rows: Ints, design_effect: Floats) -> Bools:
        """Where a design effect that fell may lift an old peak over the limit.

        With s = the widest design_effect over the present one, ln sum w_j exp(s a_j) is at most
        s ln E + ln sum w_j^(1 - s), for no exp(a_j) exceeds E / w_j.
        """
        ratio = self._widest[rows] / design_effect
        weights = np.asarray(self.policy.harm_weights)
        room = np.log((weights ** (1 - ratio[:, None])).sum(axis=1))
        limit = math.log(1 / self.policy.alpha) - ROUNDING
        found: Bools = (ratio > 1) & (self._peak[rows] / design_effect + room >= limit)
        return found

    def _enough(self, seen: MaturedBlocks, rows: Ints, at: Ints, place: int) -> Bools:
        """Exposures in the stage."""
        here = seen.exposed[at] * (seen.stage[at] == place)
        total: Ints = self._here[rows[at], None] + np.cumsum(here, axis=1)
        enough: Bools = total >= self.policy.min_exposures
        return enough

    def _proven(
        self, seen: MaturedBlocks, rows: Ints, at: Ints, place: int, design_effect: Floats
    ) -> Bools:
        """Evidence for the stage; in the last one also all that leaving it wants."""
        policy, clicks = self.policy, Split(*(part[at] for part in seen.clicks))

        def excluded(
            margin: float, e_value: float, part: Split = clicks, sums: Floats = self._clicks
        ) -> Bools:
            path = _excluded(part, margin, design_effect=design_effect[at], before=sums[rows[at]])
            reached: Bools = path >= math.log(e_value) - ROUNDING
            return reached

        found = excluded(policy.canary[place].harm_excluded, policy.advance_e)
        if place < JOINING - 1:
            return found
        better = log_path(
            Split(*(part[at] for part in seen.rules)),
            null_ratio=1.0,
            ratios=[1 / (1 - m) for m in policy.harm_effects],
            weights=policy.harm_weights,
            design_effect=design_effect[at],
            before=self._rules[rows[at]],
        )
        over: Bools = better >= math.log(1 / policy.beta) - ROUNDING
        found &= excluded(policy.margin, 1 / policy.beta) & over
        if policy.both_weekday_types and found.any():
            weekend, weekends = seen.weekend[at], self._weekends
            for there, sums in ((weekend, weekends), (~weekend, self._clicks - weekends)):
                found &= excluded(
                    policy.day_harm_excluded, policy.day_e, _only(clicks, there), sums
                )
        return found


def _excluded(clicks: Split, margin: float, *, design_effect: Floats, before: Floats) -> Floats:
    """Ln of the evidence against a harm of ``margin``, after each look."""
    return log_path(
        clicks,
        null_ratio=1 - margin,
        ratios=(1.0, 1 / (1 - margin)),
        weights=NI_WEIGHTS,
        design_effect=design_effect,
        before=before,
    )


def _only(part: Split, taken: Bools) -> Split:
    return Split(*(counts * taken for counts in part))
