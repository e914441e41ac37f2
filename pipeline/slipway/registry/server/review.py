"""What a reviewer may say, and when: the pure half of the review gesture."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from slipway.domain.approval import Approval
from slipway.domain.release import Origin
from slipway.domain.stage import Stage
from slipway.registry.facts import VersionFacts
from slipway.registry.names import (
    ATTESTATION,
    AUTHOR,
    EVIDENCE_DIGEST,
    FINGERPRINT,
    ORIGIN,
    STAGE,
    is_rules,
)
from slipway.registry.server.caller import Caller, Role
from slipway.registry.server.refusals import Refused, forbidden, malformed, too_late

_GESTURE = re.compile(
    r"(?P<decision>approve|reject)\s+(?P<digest>[0-9a-f]{8,64})\s+(?P<reason>.*\S)", re.IGNORECASE
)
_MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Review:
    """A reviewer's tag, read: the decision, the digest it is bound to (8 to 64 hex), the reason."""

    decision: Literal["approve", "reject"]
    digest: str
    reason: str


def read_review(text: str, of: str) -> Review:
    """Read ``approve|reject <8+ hex of the evidence digest> reason``; raises Refused (400).

    >>> read_review("approve 0123abcd reads well", "feed version 3").reason
    'reads well'
    """
    found = _GESTURE.fullmatch(" ".join(text.split()))
    if found is None or len(found["reason"]) > _MAX_REASON:
        raise malformed(
            f"review of {of}",
            found=text[:80],
            expected=f"approve or reject, 8 or more hex of the evidence digest, and a reason"
            f" (at most {_MAX_REASON} characters)",
            next_step="write for example: approve 1a2b3c4d5e6f reads well in every segment",
        )
    decision = cast('Literal["approve", "reject"]', found["decision"].lower())
    return Review(decision, found["digest"].lower(), found["reason"])


def judge_review(caller: Caller, facts: VersionFacts, text: str, now: datetime) -> Approval:
    """The unsigned approval that this review becomes; raises Refused for every other one."""
    who = _refuse_person(caller, facts) or _refuse_moment(facts)
    if who is not None:
        raise who
    review = read_review(text, facts.name)
    digest = facts.tags.get(EVIDENCE_DIGEST, "")
    if not digest or not digest.startswith(review.digest):
        raise malformed(
            f"evidence digest in the review of {facts.name}",
            found=review.digest,
            expected=f"the beginning of {digest[:12] or 'a digest (none is set yet)'}",
            next_step="the evidence has changed or is another version's: read this page again",
        )
    return Approval(
        line=facts.model,
        version=facts.version,
        reviewer=caller.user,
        decision=review.decision,
        reason=review.reason,
        evidence_digest=digest,
        model_fingerprint=facts.tags.get(FINGERPRINT, ""),
        at=now,
    )


def _refuse_person(caller: Caller, facts: VersionFacts) -> Refused | None:
    if caller.role is not Role.REVIEWER:
        return forbidden(
            f"reviewer of {facts.name}",
            found=caller.user,
            expected="a person listed in SLIPWAY_REVIEWERS",
            next_step="ask one of the reviewers",
        )
    author = facts.tags.get(AUTHOR, "")
    if not author or _same_person(author, caller.user):
        return forbidden(
            f"reviewer of {facts.name}",
            found=caller.user,
            expected=f"somebody else than its author {author!r}",
            next_step="ask another reviewer",
        )
    return None


def _refuse_moment(facts: VersionFacts) -> Refused | None:
    stage = facts.tags.get(STAGE, "")
    if facts.tags.get(ORIGIN) == Origin.BACKFILL or is_rules(facts.model):
        return forbidden(
            f"origin of {facts.name}",
            found=facts.tags.get(ORIGIN),
            expected="a scheduled or manual run of the line",
            next_step="backfills and rules are never promoted: nothing is to be reviewed",
        )
    if ATTESTATION in facts.tags:
        return too_late(
            f"review of {facts.name}",
            found="decided",
            expected="open",
            next_step="a decision is final: train a new version to decide again",
        )
    if stage != Stage.APPROVAL:
        return too_late(
            f"stage of {facts.name}",
            found=stage,
            expected=str(Stage.APPROVAL),
            next_step="only a version that waits for its reviewer can be reviewed",
        )
    return None


def _same_person(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
