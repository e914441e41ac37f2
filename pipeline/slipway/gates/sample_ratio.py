"""Does every arm get the users it should? Where it does not, no comparison can be trusted.

Each stage's distinct users are a test of their own, for users stay in the candidate's arm when it
grows; the stages of a release, and its watch, share the error budget equally. Who came is known at
once: users count as soon as their requests have arrived.
"""

import math

from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.release import Arm
from slipway.domain.stage import LIVE_STAGES
from slipway.domain.verdict import Conclusion, Verdict
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
    evidence = verdict_parts.e_value(f"sample ratio, {arrival.stage}", worst.log_e, limit)
    shares = ", ".join(
        f"{name} {found:.2%} of {expected:.2%}"
        for name, found, expected in zip(Arm, worst.found, arrival.expected, strict=False)
    )
    word = "users are not assigned as they should be" if failed else "users are assigned as planned"
    reason = (
        f"{word} in {arrival.stage} ({shares}): evidence {evidence.estimate:.3g}, limit {limit:g}"
    )
    return Verdict(NAME, Conclusion.FAIL if failed else Conclusion.PASS, reason, (evidence,))
