"""What offline gates of rankings and of predictions conclude alike: of a loss, a gain, segments."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from slipway.domain.in_words import counted
from slipway.domain.measurement import Difference, Segment
from slipway.domain.policy import Policy
from slipway.domain.stability import Chance
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.gates.offline import bounded, lower_of, range_of, upper_of
from slipway.stats.noise import EstimatedSd, floor_of


class LossBeside(NamedTuple):
    """A candidate's loss beside the champion's, and the spread that seeds give to both.

    ``name`` is the loss, ``of`` what it is the loss of in words (may be empty); ``seeds_unknown`` as in
    the measurements.
    """

    name: str
    difference: Difference
    seed_spreads: tuple[float, float]
    rows: int
    seeds_unknown: bool
    of: str = ""


def loss_verdict(gate: str, m: LossBeside, policy: Policy, margin: float) -> Verdict:
    """PASS when a loss above ``margin`` is excluded, FAIL when proven or when the gain is too good."""
    evidence = bounded(
        f"{m.name} over the champion",
        m.difference,
        m.seed_spreads,
        policy.quality_alpha,
        threshold=margin,
    )
    reason = f"{m.name}{m.of} {range_of(evidence)} against the champion"
    if not m.rows:
        conclusion = Conclusion.UNDECIDED
    elif evidence.estimate < -policy.too_good:
        conclusion = Conclusion.FAIL
        reason += f": a gain above {policy.too_good:.0%} is too good until explained"
    elif upper_of(evidence) <= margin:
        conclusion = Conclusion.PASS
    elif lower_of(evidence) > margin:
        conclusion = Conclusion.FAIL
    else:
        conclusion = Conclusion.UNDECIDED
    if m.seeds_unknown:
        reason += ", fitted elsewhere: what another seed would change is not known"
    reason += f", margin {100 * margin:g} %, on {counted(m.rows, 'row')}"
    return Verdict(gate, conclusion, reason, (evidence,))


def gain_floor(difference: Difference, chance: Chance, refits: int, alpha: float) -> float:
    """The largest relative gain that chance explains in all but ``alpha`` of weeks.

    ``chance`` was found with ``refits`` small fits.
    """
    degrees = max(1, (2 * refits) // 3 - 1)
    both = EstimatedSd(math.sqrt(2) * chance.total, degrees)  # both models were drawn by chance
    return floor_of([EstimatedSd(difference.se, math.inf), both], alpha)


def gain_verdict(
    gate: str,
    loss: str,
    gain: float,
    least: float,
    evidence: tuple[Evidence, ...],
    *,
    claimed: bool,
) -> Verdict:
    """PASS for a gain beyond the floor ``least``, or where none is ``claimed``; else UNDECIDED."""
    found = f"{loss} changed by {-100 * gain:+.2f} %, the noise floor is {100 * least:.2f} %"
    if gain > least:
        conclusion, end = Conclusion.PASS, "a gain that chance does not explain"
    elif claimed:
        conclusion, end = Conclusion.UNDECIDED, "another recipe must show a gain beyond chance"
    else:
        inside = "beyond the floor" if gain < -least else "inside the floor"
        conclusion, end = Conclusion.PASS, f"{inside}, and no gain is claimed"
    return Verdict(gate, conclusion, f"{found}: {end}", evidence)


def segments_verdict(
    gate: str, loss: str, segments: Sequence[Segment], seed_spread: float, policy: Policy
) -> Verdict:
    """FAIL when a segment is harmed, PASS when none is; no segments: UNDECIDED.

    A segment counts as harmed when its loss is worse by more than the margin and proven worse at all,
    with the error shared by all segments (Bonferroni): small segments are noisy, and a panel of many
    must not refuse equal models.
    """
    filled = [segment for segment in segments if segment.rows]
    if not filled:
        return Verdict(gate, Conclusion.UNDECIDED, "no segment was measured")
    evidence = tuple(
        bounded(
            segment.name,
            Difference(segment.mean, segment.se),
            (seed_spread,),
            policy.quality_alpha / len(filled),
            threshold=policy.segment_margin,
        )
        for segment in filled
    )
    harmed = [e for e in evidence if e.estimate > policy.segment_margin and lower_of(e) > 0]
    worst = max(harmed or evidence, key=lambda e: e.estimate)
    reason = (
        f"{len(harmed)} of {len(evidence)} segments harmed; worst {worst.name}: {loss} "
        f"{range_of(worst)} against the champion, margin {100 * policy.segment_margin:g} %"
    )
    return Verdict(gate, Conclusion.FAIL if harmed else Conclusion.PASS, reason, evidence)
