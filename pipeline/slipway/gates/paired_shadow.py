"""Does the candidate err no more than who answers now, on the same requests, looked at any time?

Both models answered every request, and what came of it does not depend on which one was shown. So the
shadow decides what a split would need many times the rows for.
"""

import math

from slipway.domain.paired_shadow import PairedShadow
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.gates.verdict_parts import counted, e_value, undecided
from slipway.stats import paired_loss

NAME = "paired_shadow"


def judge(m: PairedShadow, policy: PredictionPolicy) -> Verdict:
    """FAIL on proven harm, PASS when a loss of the margin is excluded, else UNDECIDED."""
    found, users, days = m.losses, m.losses.users.clusters, m.days
    if not found.rows or not found.control > 0:
        return undecided(NAME, f"no request of both models whose {m.outcome} is known yet")
    harm = paired_loss.harm(found, effects=policy.harm_effects, weights=policy.harm_weights)
    excluded = paired_loss.non_inferiority(found, margin=policy.paired_margin)
    limits = 1 / (policy.alpha * policy.primary_weight), 1 / policy.paired_error
    evidence = (
        e_value(f"more {m.loss_name}", harm, limits[0]),
        e_value(f"{policy.paired_margin:.0%} more {m.loss_name} excluded", excluded, limits[1]),
        *_effect(m, policy),
        Evidence("users", users, "users", threshold=policy.paired_min_users),
        Evidence("days seen", days, "days", threshold=policy.paired_min_days),
    )
    reason = (
        f"{m.loss_name} of {m.outcome} {100 * found.effect:+.2f} % beside {m.control} on the same "
        f"{counted(found.rows)} requests of {counted(users)} users and {days} days"
    )
    if m.beyond:
        reason += (
            f" ({counted(m.beyond)} more are beyond users' caps or nobody's, and count nowhere)"
        )
    if harm >= math.log(limits[0]):
        return Verdict(NAME, Conclusion.FAIL, f"proven worse: {reason}", evidence)
    if users < policy.paired_min_users or days < policy.paired_min_days:
        wanted = f"{policy.paired_min_users} users and {policy.paired_min_days} days"
        return undecided(NAME, f"{reason}, needs {wanted}", *evidence)
    if excluded >= math.log(limits[1]):
        lost = f"{policy.paired_margin:.0%} more is excluded"
        return Verdict(NAME, Conclusion.PASS, f"{reason}: {lost}", evidence)
    return undecided(
        NAME,
        f"{reason}: evidence {evidence[1].estimate:.3g} against {policy.paired_margin:.0%} more, "
        f"needs {limits[1]:g}",
        *evidence,
    )


def _effect(m: PairedShadow, policy: PredictionPolicy) -> tuple[Evidence, ...]:
    """The relative difference with anytime bounds; nothing where the losses do not vary."""
    try:
        middle, lower, upper = paired_loss.bounds(
            m.losses, alpha=policy.alpha, scale=policy.paired_margin
        )
    except ValueError:
        return ()
    return (Evidence(m.loss_name, middle, "relative effect", lower, upper, policy.paired_margin),)
