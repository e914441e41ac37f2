"""Does the candidate show users much the same kind of thing, beyond what chance alone changes?"""

from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.gates.offline import needed

NAME = "stability"


def judge(m: OfflineMeasurements, policy: Policy) -> Verdict:
    """FAIL when the mix of categories moved beyond floor + limit, or the lists share too few items."""
    moved = Evidence(
        "category mix, distance to the champion",
        needed(m.category_mix_distance, "category_mix_distance"),
        "total variation distance",
        threshold=needed(m.category_mix_floor, "category_mix_floor") + policy.category_mix_max,
    )
    shared = Evidence(
        "top items shared with the champion",
        needed(m.top_k_overlap, "top_k_overlap"),
        "fraction of the list",
        threshold=min(policy.overlap_min, needed(m.overlap_floor, "overlap_floor")),
    )
    if not m.requests:
        return Verdict(NAME, Conclusion.UNDECIDED, "no list was compared", (moved, shared))
    swung = moved.estimate > (moved.threshold or 0)
    foreign = shared.estimate < (shared.threshold or 0)
    reason = (
        f"{moved.estimate:.1%} of the places changed category, {moved.threshold:.1%} allowed"
        f"{_swing(m)}; {shared.estimate:.1%} of the top items shared, {shared.threshold:.1%} needed"
        f"{_unexplained(m)}"
    )
    conclusion = Conclusion.FAIL if swung or foreign else Conclusion.PASS
    return Verdict(NAME, conclusion, reason, (moved, shared, *_distances(m)))


def _swing(m: OfflineMeasurements) -> str:
    if not m.category_mix_by_category:
        return ""
    category, before, after = max(m.category_mix_by_category, key=lambda row: abs(row[2] - row[1]))
    return f" (most: {category} {before:.0%} to {after:.0%})"


def _unexplained(m: OfflineMeasurements) -> str:
    """What of the churn chance does not explain, and who lost most beyond chance."""
    if "churn" not in m.moved or "churn" not in m.chance:
        return ""
    seen, chance = m.moved["churn"], m.chance["churn"].total
    if seen <= chance:
        return f". {seen:.0%} of the top changed, and chance alone changes {chance:.0%}"
    said = f". {seen:.0%} of the top changed, chance explains {chance:.0%}: {seen - chance:.0%} unexplained"
    worst = max(m.turnover, key=lambda part: part.gone - part.chance, default=None)
    if worst is None or worst.gone <= worst.chance:
        return said
    return (
        f"{said}. {worst.gone:.0%} of the {worst.name} places of the champion's lists are gone; "
        f"chance explains {worst.chance:.0%}"
    )


def _distances(m: OfflineMeasurements) -> tuple[Evidence, ...]:
    """Every distance to the champion with what chance explains of it as its threshold."""
    return tuple(
        Evidence(
            f"{name.replace('_', ' ')}, chance as threshold",
            seen,
            "distance in [0, 1]",
            threshold=m.chance[name].total,
        )
        for name, seen in m.moved.items()
        if name in m.chance
    )
