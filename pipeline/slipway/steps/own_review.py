"""A reviewer's word signed with the reviewer's own key: for registries that no guard can run in."""

from datetime import datetime
from pathlib import Path

from slipway.domain.approval import Approval
from slipway.domain.errors import ApprovalRefused, BadConfig
from slipway.registry.attestation import sign
from slipway.registry.client import Registry
from slipway.registry.reviewer_keys import of_account, public_half, signing_key
from slipway.registry.server.caller import Caller, Role
from slipway.registry.server.review import judge_review, read_review
from slipway.settings import settings


def sign_review(
    registry: Registry,
    line: str,
    version: str,
    word: str,
    *,
    account: str,
    key: Path,
    now: datetime,
) -> Approval:
    """Sign ``word`` (``approve|reject <8+ hex of the evidence digest> reason``) and attach it to the version.

    The files and numbers that the registry shows are held to the version's tags first, as a guard would
    hold them. Raises BadConfig for keys that do not fit, and ApprovalRefused for whatever a guard refuses:
    the author's own word, other evidence, a version that does not wait for it.
    """
    folder = settings().reviewer_keys
    if folder is None:
        raise BadConfig(
            "SLIPWAY_REVIEWER_KEYS",
            found=None,
            expected="the folder with reviewers' public keys",
            next_step="a registry with Slipway's guard signs itself: `slipway approve-url` says where",
        )
    private = signing_key(key)
    if public_half(private) != of_account(folder, account):
        raise BadConfig(
            f"reviewer's key {key}",
            found=f"another one than {account}.pub",
            expected=f"the key of {account}",
            next_step="sign with the key whose public half an administrator put there",
        )
    facts = registry.facts(line, version)
    review = read_review(word, facts.name)
    if review.decision not in ("approve", "reject"):
        raise _refused(facts.name, review.decision, "approve or reject")
    caller = Caller(account, Role.REVIEWER)
    approval = judge_review(caller, facts, review, now, people=settings().people)
    if approval.decision == "endorse":
        raise _refused(
            facts.name,
            "one reviewer, where two are asked",
            "an author whom the people's file knows, and a policy that asks for one reviewer: one key"
            " signs for one person",
        )
    if approval.decision != "reject":
        registry.check_as_shown(facts)
    registry.attest(line, version, sign(approval, facts, private))
    return approval


def _refused(name: str, found: str, expected: str) -> ApprovalRefused:
    return ApprovalRefused(
        f"review of {name}", found=found, expected=expected, next_step="nothing was signed"
    )
