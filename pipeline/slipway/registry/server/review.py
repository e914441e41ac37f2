"""What a reviewer may say, and when: the pure half of the review gesture."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, cast

from slipway.domain.approval import Approval
from slipway.domain.errors import ApprovalRefused
from slipway.domain.people import FourEyes, People, four_eyes, has_words
from slipway.domain.release import Origin
from slipway.domain.stage import BAD_ENDINGS, Stage
from slipway.registry.attestation import Attestation
from slipway.registry.facts import VersionFacts
from slipway.registry.names import (
    ATTESTATION,
    AUTHOR,
    CHAMPION,
    EVIDENCE_DIGEST,
    FINGERPRINT,
    ORIGIN,
    REVIEWERS_ASKED,
    STAGE,
    USED,
    is_rules,
)
from slipway.registry.server.caller import Caller, Role
from slipway.registry.server.refusals import Refused, forbidden, malformed, too_late

Gesture = Literal["approve", "reject", "withdraw", "reopen"]

_GESTURE = re.compile(
    r"(?P<decision>approve|reject|withdraw|reopen)\s+(?P<digest>[0-9a-f]{8,64})\s+(?P<reason>.*\S)",
    re.IGNORECASE,
)
_MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Review:
    """A reviewer's tag, read: the decision, the digest it is bound to (8 to 64 hex), the reason."""

    decision: Gesture
    digest: str
    reason: str


def read_review(text: str, of: str) -> Review:
    """Read ``approve|reject|withdraw|reopen <8+ hex of the evidence digest> reason``.

    Raises Refused (400).

    >>> read_review("approve 0123abcd reads well", "feed version 3").reason
    'reads well'
    """
    found = _GESTURE.fullmatch(" ".join(text.split()))
    if found is None or len(found["reason"]) > _MAX_REASON or not has_words(found["reason"]):
        raise malformed(
            f"review of {of}",
            found=text[:80],
            expected=f"approve, reject, withdraw or reopen, 8 or more hex of the evidence digest, and"
            f" a reason in words (at most {_MAX_REASON} characters)",
            next_step="write for example: approve 1a2b3c4d5e6f reads well in every segment",
        )
    decision = cast("Gesture", found["decision"].lower())
    return Review(decision, found["digest"].lower(), found["reason"])


def judge_review(
    caller: Caller,
    facts: VersionFacts,
    review: Review,
    now: datetime,
    *,
    people: People,
    earlier: Approval | None = None,
) -> Approval:
    """The unsigned approval that an approve or reject becomes; raises Refused for every other one.

    ``earlier`` is a first reviewer's endorsement, which waits for a second one.
    """
    who = _refuse_role(caller, facts) or _refuse_moment(facts, earlier)
    if who is not None:
        raise who
    endorsed = earlier if earlier is not None and review.decision == "approve" else None
    voices = tuple(dict.fromkeys((*(endorsed.reviewers if endorsed else ()), caller.user)))
    eyes = four_eyes(facts.tags.get(AUTHOR, ""), voices, people, _asked(facts))
    if eyes is FourEyes.AUTHOR:
        raise _self_made(caller, facts)
    standing = people.standing_in(caller.user, now)
    reason = f"{review.reason} ({standing.words})" if standing else review.reason
    approval = Approval(
        line=facts.model,
        version=facts.version,
        reviewer=caller.user,
        decision="reject" if review.decision == "reject" else "approve",
        reason=reason,
        evidence_digest=_check_digest(facts, review),
        model_fingerprint=facts.tags.get(FINGERPRINT, ""),
        at=now,
    )
    if review.decision == "reject":
        return approval
    if eyes is FourEyes.SECOND:
        if endorsed is not None:
            raise _second_wanted(caller, facts)
        return replace(approval, decision="endorse")
    if endorsed is None or endorsed.reviewer == caller.user:
        return approval
    return replace(
        approval,
        reviewer=endorsed.reviewer,
        reason=endorsed.reason,
        second_reviewer=caller.user,
        second_reason=reason,
    )


def _asked(facts: VersionFacts) -> int:
    """How many persons the policy asks; what cannot be read asks for as many as there can be."""
    text = facts.tags.get(REVIEWERS_ASKED, "1")
    return int(text) if text in {"1", "2"} else 2


def check_withdrawal(caller: Caller, facts: VersionFacts, review: Review) -> None:
    """Whether a reviewer may take back the approval of a version: until a promotion stands on it.

    Any reviewer may, the author included: it only takes away.
    """
    refusal = _refuse_role(caller, facts)
    if refusal is not None:
        raise refusal
    _check_digest(facts, review)
    used = USED in facts.tags or CHAMPION in facts.aliases
    if _is_reject(facts):
        raise too_late(
            f"review of {facts.name}",
            found="a reject",
            expected="an approval",
            next_step="a reject is final; to have the version offered again: `slipway reopen`",
        )
    if ATTESTATION not in facts.tags or used:
        raise too_late(
            f"review of {facts.name}",
            found="used for a promotion" if used else "none",
            expected="an approval that nothing stands on yet",
            next_step=f"take the champion off with `slipway rollback {facts.model} --champion`"
            if used
            else "there is nothing to withdraw",
        )


def check_reopening(caller: Caller, facts: VersionFacts, review: Review, people: People) -> None:
    """Whether a reviewer who is not the author may have a version offered again that had ended."""
    refusal = _refuse_role(caller, facts)
    if refusal is not None:
        raise refusal
    if four_eyes(facts.tags.get(AUTHOR, ""), (caller.user,), people) is FourEyes.AUTHOR:
        raise _self_made(caller, facts)
    _check_digest(facts, review)
    stage = facts.tags.get(STAGE, "")
    if facts.tags.get(ORIGIN) == Origin.BACKFILL or stage not in BAD_ENDINGS:
        raise too_late(
            f"stage of {facts.name}",
            found=stage,
            expected="rejected, returned or timed out, and no backfill",
            next_step="there is no decision to be reopened",
        )


def _is_reject(facts: VersionFacts) -> bool:
    try:
        found = Attestation.from_json(facts.tags.get(ATTESTATION, ""), facts.name)
    except ApprovalRefused:
        return False  # what nobody can read approves nothing, and may go
    return found.approval.decision == "reject"


def _check_digest(facts: VersionFacts, review: Review) -> str:
    digest = facts.tags.get(EVIDENCE_DIGEST, "")
    if not digest or not digest.startswith(review.digest):
        raise malformed(
            f"evidence digest in the review of {facts.name}",
            found=review.digest,
            expected=f"the beginning of {digest[:12] or 'a digest (none is set yet)'}",
            next_step="the evidence has changed or is another version's: read this page again",
        )
    return digest


def _refuse_role(caller: Caller, facts: VersionFacts) -> Refused | None:
    if caller.role is Role.REVIEWER:
        return None
    return forbidden(
        f"reviewer of {facts.name}",
        found=caller.user,
        expected="a person listed in SLIPWAY_REVIEWERS, or who stands in for one today",
        next_step="ask one of the reviewers",
    )


def _self_made(caller: Caller, facts: VersionFacts) -> Refused:
    return forbidden(
        f"reviewer of {facts.name}",
        found=caller.user,
        expected=f"somebody else than its author {facts.tags.get(AUTHOR, '')!r}",
        next_step="ask another reviewer",
    )


def _second_wanted(caller: Caller, facts: VersionFacts) -> Refused:
    return too_late(
        f"review of {facts.name}",
        found=f"endorsed by {caller.user} already",
        expected="the word of a second reviewer: the policy asks for two, or nobody knows which person its author is",
        next_step="ask another reviewer; authors are known by the file of SLIPWAY_PEOPLE",
    )


def _refuse_moment(facts: VersionFacts, earlier: Approval | None) -> Refused | None:
    stage = facts.tags.get(STAGE, "")
    if facts.tags.get(ORIGIN) == Origin.BACKFILL or is_rules(facts.model):
        return forbidden(
            f"origin of {facts.name}",
            found=facts.tags.get(ORIGIN),
            expected="a scheduled or manual run of the line",
            next_step="backfills and rules are never promoted: nothing is to be reviewed",
        )
    if ATTESTATION in facts.tags and (earlier is None or earlier.decision != "endorse"):
        return too_late(
            f"review of {facts.name}",
            found="decided",
            expected="open",
            next_step="a decision is final: an approval that is not used yet can be withdrawn",
        )
    if stage != Stage.APPROVAL:
        return too_late(
            f"stage of {facts.name}",
            found=stage,
            expected=str(Stage.APPROVAL),
            next_step="only a version that waits for its reviewer can be reviewed",
        )
    return None
