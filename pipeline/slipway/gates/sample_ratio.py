"""Does every arm get the users it should, and many of them? Else no comparison can be trusted.

Each stage's distinct users are a test of their own, for users stay in the candidate's arm when it
grows; the stages of a release, and its watch, share the error budget equally. Who came is known at
once: users count as soon as their requests have arrived.

One user's day counts up to its caps whatever it does. Where one id stands on a third of an arm's
impressions, or a third has none, it is rather no id of a user: then nothing is concluded.
"""

import math

from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.release import Arm
from slipway.domain.stage import LIVE_STAGES
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.gates import verdict_parts
from slipway.stats.srm import sample_ratio

NAME = "sample_ratio"

TESTS = len(LIVE_STAGES) + 1  # and the watch


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """FAIL when some stage's users refute the assigned fractions at ``srm_alpha``."""
    if not sum(sum(arrival.users) for arrival in m.arrivals):
        return verdict_parts.undecided(NAME, "no user arrived yet")
    tests = [(a, sample_ratio(a.users, a.expected)) for a in m.arrivals]
    arrival, worst = max(tests, key=lambda pair: pair[1].log_e)
    limit = TESTS / policy.srm_alpha
    failed = worst.log_e >= math.log(limit)
    crowded, heavy, shown = _heaviest(m, policy)
    evidence = verdict_parts.e_value(f"sample ratio, {arrival.stage}", worst.log_e, limit)
    shares = ", ".join(
        f"{name} {found:.2%} of {expected:.2%}"
        for name, found, expected in zip(Arm, worst.found, arrival.expected, strict=False)
    )
    word = "users are not assigned as they should be" if failed else "users are assigned as planned"
    reason = (
        f"{word} in {arrival.stage} ({shares}): evidence {evidence.estimate:.3g}, limit {limit:g}"
    )
    conclusion = Conclusion.UNDECIDED if crowded else Conclusion.PASS
    return Verdict(
        NAME, Conclusion.FAIL if failed else conclusion, f"{reason}{heavy}", (evidence, *shown)
    )


def _heaviest(m: LiveMeasurements, policy: Policy) -> tuple[bool, str, tuple[Evidence, ...]]:
    """Whether one user stands for too much of an arm, in words, and its share where somebody was capped."""
    said, shown, crowded = [], [], False
    for arm, of in zip(m.clicks.ARMS, m.past.heavy, strict=False):
        if not of.impressions:
            continue
        most, beyond, nobody = (
            part / of.impressions for part in (of.heaviest, of.beyond, of.unnamed)
        )
        said.append(f"the {arm}'s heaviest user has {most:.1%} of its impressions")
        said += [f"{beyond:.1%} are beyond users' caps and count nowhere"] if beyond else []
        said += [f"{nobody:.1%} have no user's id: log it with each request"] if nobody else []
        over = max(most, nobody) > policy.heaviest_user
        crowded |= over
        if beyond or over:
            unit, limit = "fraction of impressions", policy.heaviest_user
            shown.append(Evidence(f"heaviest user, {arm}", most, unit, threshold=limit))
            shown.append(Evidence(f"beyond users' caps, {arm}", beyond, unit))
    if crowded:
        said.append(
            f"undecided, as more than {policy.heaviest_user:.0%} is one id's or nobody's: find what sends it"
        )
    return crowded, "".join(f"; {part}" for part in said), tuple(shown)
