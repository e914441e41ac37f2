"""What the guard lets through, as pure functions: facts in, ``Refused`` or nothing out."""

import re
from collections.abc import Callable, Mapping

from slipway.domain.approval import Approval
from slipway.domain.errors import ApprovalRefused
from slipway.domain.release import Origin
from slipway.lines import all_names
from slipway.registry.facts import VersionFacts
from slipway.registry.names import (
    ATTESTATION,
    AUTHOR,
    CHAMPION,
    EVIDENCE_DIGEST,
    FINGERPRINT,
    LIVE_FILES,
    ORIGIN,
    RANKER_DIGEST,
    REASON,
    REVIEW,
    REVIEWERS_ASKED,
    RULES_SUFFIX,
    STAGE,
    USED,
    WITHDRAWN,
)
from slipway.registry.page import REVIEW_PATH
from slipway.registry.server.caller import Caller, Role, may_review
from slipway.registry.server.endings import check_stage
from slipway.registry.server.refusals import forbidden, malformed, too_late
from slipway.registry.state import ReleaseState

MOVING = frozenset((STAGE, REASON, EVIDENCE_DIGEST, LIVE_FILES, USED, REVIEWERS_ASKED))
"""The tags of a version that show the ledger: all others are read on its page as it was registered."""
REVIEWED = frozenset((EVIDENCE_DIGEST, LIVE_FILES, REVIEWERS_ASKED))
"""Tags that stay once a reviewer has decided on them."""
_NEEDED = (AUTHOR, ORIGIN, FINGERPRINT, RANKER_DIGEST)
_DIGEST = re.compile(r"[0-9a-f]{64}")

Verify = Callable[[VersionFacts], Approval | None]
"""The verified review of a version; raises ApprovalRefused where it was forged."""


def is_guarded(model: str) -> bool:
    """Whether ``model`` belongs to a declared line; other models are none of Slipway's business."""
    return model.removesuffix(RULES_SUFFIX) in all_names()


def check_declared(model: str) -> None:
    """A release is shown of a line that this server knows: of another nobody could say what may lead."""
    if not is_guarded(model):
        raise forbidden(
            f"release of {model}",
            found="no such line in MLflow's server",
            expected=f"one of {', '.join(all_names())}",
            next_step="install the line's package there, or name its folder in SLIPWAY_LINES",
        )


def check_service(caller: Caller, act: str) -> None:
    """Only the pipeline's service account writes to a line's models."""
    if caller.role is not Role.SERVICE:
        raise forbidden(
            f"who may {act}",
            found=caller.user,
            expected="the pipeline's service account",
            next_step=f"the registry shows the ledger; people review with the tag {REVIEW!r}",
        )


def refuse_forever(act: str, name: str) -> None:
    """Nobody renames or deletes what a release stands on."""
    raise forbidden(
        f"{act} of {name}",
        found=act,
        expected="nothing: a line's history stays as it was",
        next_step="leave it; retire a line by removing its declaration",
    )


def check_new_version(caller: Caller, model: str, tags: Mapping[str, str]) -> None:
    """A version comes from the service account, says whose it is, and carries no review."""
    if caller.role is Role.REVIEWER:
        raise forbidden(
            f"new version of {model}",
            found=f"made by {caller.user}",
            expected="the pipeline's service account",
            next_step=f"to decide about a version open {REVIEW_PATH}?name={model}: a copy (Promote) carries no "
            "reason and names no evidence",
        )
    check_service(caller, f"register a version of {model}")
    _check_not_review(model, tags)
    missing = [key for key in _NEEDED if not tags.get(key, "").strip()]
    if missing:
        raise malformed(
            f"tags of a new version of {model}",
            found=f"no {', '.join(missing)}",
            expected=f"{', '.join(_NEEDED)}",
            next_step="register through slipway.registry.client",
        )
    if tags[ORIGIN] not in set(Origin):
        raise malformed(
            f"origin of a new version of {model}",
            found=tags[ORIGIN],
            expected=f"one of {', '.join(Origin)}",
            next_step="say how the training run was started",
        )


def _check_not_review(model: str, tags: Mapping[str, str]) -> None:
    planted = sorted({REVIEW, ATTESTATION, WITHDRAWN, USED} & set(tags))
    if planted:
        raise forbidden(
            f"tags of a new version of {model}",
            found=", ".join(planted),
            expected="no review before the version exists",
            next_step="register it without; a reviewer decides later",
        )


def check_version_tag(
    caller: Caller, facts: VersionFacts, key: str, value: str | None, verify: Verify
) -> None:
    """Whether the caller may set (``value`` None: delete) a version tag that is not a review."""
    if key in (ATTESTATION, REVIEW, WITHDRAWN):
        raise forbidden(
            f"tag {key} of {facts.name}",
            found=f"written by {caller.user}",
            expected="written by the server when a reviewer reviews",
            next_step=f"a reviewer sets {REVIEW!r}; it stays permanently",
        )
    check_service(caller, f"set tags of {facts.name}")
    old = facts.tags.get(key)
    if key == USED and value is not None and old is None:
        check_approved(facts, verify)
    decided = key in REVIEWED and ATTESTATION in facts.tags
    fixed = key not in MOVING or decided or (key == USED and old is not None)
    if (fixed and value != old) or (value is None and key == STAGE):
        raise too_late(
            f"tag {key} of {facts.name}",
            found=value,
            expected=f"{old}",
            next_step="it is what the review and the router rely on: register a new version",
        )
    if key == STAGE:
        check_stage(facts, value)
    if key == EVIDENCE_DIGEST and value is not None and not _DIGEST.fullmatch(value):
        raise malformed(
            f"tag {key} of {facts.name}",
            found=value,
            expected="64 hexadecimal digits",
            next_step="set the digest that the ledger holds",
        )


def check_description(caller: Caller, facts: VersionFacts, description: str | None) -> None:
    """The page that a reviewer decided on does not change afterwards."""
    check_service(caller, f"describe {facts.name}")
    if ATTESTATION in facts.tags and (description or "") != facts.description:
        raise too_late(
            f"description of {facts.name}",
            found="another text",
            expected="what the reviewer saw",
            next_step="write news into the ledger; this version is decided",
        )


def check_may_serve(facts: VersionFacts, verify: Verify) -> Approval | None:
    """Neither a backfill nor a rejected version is ever shown to users; returns the review."""
    if facts.tags.get(ORIGIN) not in set(Origin) - {Origin.BACKFILL}:
        raise forbidden(
            f"origin of {facts.name}",
            found=facts.tags.get(ORIGIN),
            expected="scheduled, manual or requested",
            next_step="a backfill reproduces the past and never gets traffic or an alias",
        )
    try:
        review = verify(facts)
    except ApprovalRefused as error:
        raise forbidden(
            error.what, found=error.found, expected=error.expected, next_step=error.next_step
        ) from error
    if review is not None and review.decision == "reject":
        raise forbidden(
            f"review of {facts.name}",
            found=f"rejected by {review.reviewer}",
            expected="open or approved",
            next_step="a rejected version stays off live traffic",
        )
    return review


def check_approved(facts: VersionFacts, verify: Verify) -> None:
    """A champion carries a valid approval of the evidence it has now.

    The word of somebody who is no reviewer any more counts where a promotion stands on it already.
    """
    review, found = check_may_serve(facts, verify), ""
    if review is None:
        found = "none"
    elif review.evidence_digest != facts.tags.get(EVIDENCE_DIGEST):
        found = f"of evidence {review.evidence_digest[:12]}"
    elif review.decision != "approve":
        found = f"of {review.reviewer} alone, and a second reviewer is asked for"
    elif USED not in facts.tags and CHAMPION not in facts.aliases:
        gone = sorted(who for who in review.reviewers if not may_review(who, review.at))
        found = f"of {', '.join(gone)}, no reviewer any more" if gone else ""
    if found:
        raise forbidden(
            f"review of {facts.name}",
            found=found,
            expected="an approval of the present evidence by a reviewer",
            next_step=f"a reviewer sets the tag {REVIEW!r} first",
        )


def check_deletion(caller: Caller, facts: VersionFacts, now: str | None) -> None:
    """A version goes only when no alias, no release and no review stands on it."""
    check_service(caller, f"delete {facts.name}")
    state = ReleaseState.from_text(now, facts.model) if now else ReleaseState(facts.model)
    names = ("champion", "candidate", "previous_champion")
    stands = [name for name in names if getattr(state, name) == facts.version]
    reasons = [*facts.aliases, *stands, *([REVIEW] if ATTESTATION in facts.tags else [])]
    if reasons:
        raise forbidden(
            f"deletion of {facts.name}",
            found=", ".join(reasons),
            expected="no alias, no place in the release and no review",
            next_step="keep it: the release's history stands on it",
        )
