"""Do users prefer the champion's items where both models' lists are one?

Each user sees both, so what users differ in cancels, and a worse order shows in a fraction of a split's
exposures. It may return a candidate; that a loss of the margin is excluded only the split proves.
"""

import math

from slipway.domain.comparison_id import ERRORS
from slipway.domain.interleaved import Interleaved
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.evidence.comparisons import Member
from slipway.evidence.family import guardrail_weight
from slipway.gates import verdict_parts
from slipway.gates.verdict_parts import counted, e_value, undecided
from slipway.stats import paired_loss
from slipway.stats.rate import above

NAME = "interleaving"


def judge(m: Interleaved, policy: Policy) -> Verdict:
    """FAIL on a proven preference for the control or on errors, PASS after hours and lists enough, else UNDECIDED."""
    asked = m.lists + m.failed
    if not asked:
        nothing = f"no list of both models whose {m.outcome} is known yet"
        return undecided(NAME, _misread(m) or nothing)
    harm = paired_loss.harm(m.losses, effects=policy.harm_effects, weights=policy.harm_weights)
    limit = 1 / policy.interleave_level
    errors = Member(
        ERRORS, above([asked], [m.failed], limit=policy.max_error_rate), guardrail_weight(policy)
    )
    alarmed, alarm = verdict_parts.alarm(errors, policy)
    evidence = (
        e_value(f"fewer {m.outcome} of the candidate's items", harm, limit),
        alarm,
        *_effect(m, policy),
        Evidence("interleaved lists", m.lists, "lists", threshold=policy.interleave_lists),
        Evidence("hours seen", m.hours, "hours", threshold=policy.interleave_hours),
    )
    conclusion, said = _concluded(m, policy, harm=harm >= math.log(limit), errors=alarmed)
    return Verdict(NAME, conclusion, f"{said}: {_reason(m)}", evidence)


def _concluded(
    m: Interleaved, policy: Policy, *, harm: bool, errors: bool
) -> tuple[Conclusion, str]:
    """What follows, and why, as far as ``harm`` and ``errors`` are proven."""
    if harm:
        return Conclusion.FAIL, f"worse than {m.control}, at {1 / policy.interleave_level:g} to 1"
    if errors:
        return Conclusion.FAIL, "the candidate erred or was late too often"
    wanting = _misread(m) or _too_little(m, policy)
    if wanting:
        return Conclusion.UNDECIDED, wanting
    return Conclusion.PASS, "no preference against it proven"


def _misread(m: Interleaved) -> str:
    return f"{counted(m.unread)} lists of the log cannot be read: {m.misread}" if m.unread else ""


def _too_little(m: Interleaved, policy: Policy) -> str:
    """What is missing before nothing against the candidate counts for it."""
    if m.lists < policy.interleave_lists or m.hours < policy.interleave_hours:
        wanted = f"{counted(policy.interleave_lists)} lists and {policy.interleave_hours:g} hours"
        return f"needs {wanted}"
    if m.failed > policy.max_error_rate * (m.lists + m.failed):
        return "more errors than allowed, and none proven"
    return "" if m.losses.control > 0 else f"no {m.outcome} on any list"


def _reason(m: Interleaved) -> str:
    """What was seen, in one sentence."""
    found = "not known" if not m.losses.control > 0 else f"{-100 * m.losses.effect:+.2f} %"
    seen = f"{counted(m.losses.users.clusters)} users and {m.hours} hours"
    others = {
        f"{counted(m.equal)} lists are equal": m.equal,
        f"in {counted(m.failed)} the candidate erred or was late": m.failed,
        f"{counted(m.unfit)} were not interleaved": m.unfit,
        f"{counted(m.beyond)} are beyond users' caps or nobody's, and count nowhere": m.beyond,
    }
    lists = f"{counted(m.lists)} lists of both models"
    first = f"{m.outcome} {found} beside {m.control} on {lists}, {seen}"
    return "; ".join((first, *(words for words, number in others.items() if number)))


def _effect(m: Interleaved, policy: Policy) -> tuple[Evidence, ...]:
    """The relative effect on clicks with anytime bounds; nothing where nothing varies."""
    try:
        lost, lower, upper = paired_loss.bounds(m.losses, alpha=policy.alpha, scale=policy.margin)
    except ValueError:
        return ()
    return (Evidence(m.outcome, -lost, "relative effect", -upper, -lower, -policy.margin),)
