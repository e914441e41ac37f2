"""Does the candidate show users much the same kind of thing, beyond what seeds alone change?"""

from pipeline.domain.measurement import OfflineMeasurements
from pipeline.domain.policy import Policy
from pipeline.domain.verdict import Conclusion, Evidence, Verdict
from pipeline.gates.offline import needed

NAME = "stability"


def judge(m: OfflineMeasurements, policy: Policy) -> Verdict:
    """FAIL when the genre mix moved beyond floor + limit, or the lists share too few items."""
    moved = Evidence(
        "genre mix, distance to the champion",
        needed(m, "genre_mix_distance", lambda x: x.genre_mix_distance),
        "total variation distance",
        threshold=needed(m, "genre_mix_floor", lambda x: x.genre_mix_floor) + policy.genre_mix_max,
    )
    shared = Evidence(
        "top items shared with the champion",
        needed(m, "top_k_overlap", lambda x: x.top_k_overlap),
        "fraction of the list",
        threshold=min(policy.overlap_min, needed(m, "overlap_floor", lambda x: x.overlap_floor)),
    )
    if not m.requests:
        return Verdict(NAME, Conclusion.UNDECIDED, "no list was compared", (moved, shared))
    swung = moved.estimate > (moved.threshold or 0)
    foreign = shared.estimate < (shared.threshold or 0)
    reason = (
        f"{moved.estimate:.1%} of the places changed genre, {moved.threshold:.1%} allowed"
        f"{_swing(m)}; {shared.estimate:.1%} of the top items shared, {shared.threshold:.1%} needed"
    )
    conclusion = Conclusion.FAIL if swung or foreign else Conclusion.PASS
    churn = Evidence("churn", m.churn, "fraction of the list") if m.churn is not None else None
    return Verdict(NAME, conclusion, reason, (moved, shared, *((churn,) if churn else ())))


def _swing(m: OfflineMeasurements) -> str:
    if not m.genre_mix_by_genre:
        return ""
    genre, before, after = max(m.genre_mix_by_genre, key=lambda row: abs(row[2] - row[1]))
    return f" (most: {genre} {before:.0%} to {after:.0%})"
