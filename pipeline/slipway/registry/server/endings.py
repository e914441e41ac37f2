"""Decisions against a version: they stand for it and its copies until a reviewer reopens it, once each."""

import json
from collections.abc import Collection
from itertools import chain

from slipway.domain.errors import ApprovalRefused
from slipway.domain.stage import BAD_ENDINGS, Stage, label
from slipway.registry.attestation import Attestation
from slipway.registry.facts import VersionFacts
from slipway.registry.names import ATTESTATION, STAGE, WITHDRAWN
from slipway.registry.server.refusals import too_late

REOPEN, TAKEN_UP = "reopen", "taken up"
"""Words beside a version: a reviewer's leave to go on, and the pipeline's use of it."""
_KEPT = 10
"""Words taken back that a version's tag remembers; the audit log has all."""


def check_undecided(facts: VersionFacts, twins: Collection[VersionFacts]) -> None:
    """Raises ApprovalRefused where a decision went against the model, as this or another version."""
    for version in chain([facts], twins):
        stage = version.tags.get(STAGE, "")
        if stage not in BAD_ENDINGS or (version is facts and _is_reopened(facts)):
            continue
        which = "" if version is facts else f"that of version {version.version}, "
        raise ApprovalRefused(
            f"model of {facts.name}",
            found=f"{which or 'one '}which was {label(Stage(stage))}",
            expected="one that no decision went against",
            next_step=f"train another one, or reopen version {version.version} with a reason",
        )


def check_stage(facts: VersionFacts, stage: str | None) -> None:
    """Raises Refused for a stage that forgets a decision against the version."""
    old = facts.tags.get(STAGE, "")
    if old in BAD_ENDINGS and stage not in BAD_ENDINGS and not _is_reopened(facts):
        raise too_late(
            f"stage of {facts.name}",
            found=stage,
            expected=old,
            next_step=f"a decision is final: a reviewer reopens it with the tag 'review', '{REOPEN}'",
        )


def takes_up(facts: VersionFacts, stage: str) -> bool:
    """Whether a new ``stage`` uses a reviewer's leave: the next decision needs another one."""
    return _is_reopened(facts) and stage not in BAD_ENDINGS


def withdrawn(facts: VersionFacts, word: dict[str, str]) -> str:
    """The tag of words taken back, with the one before ``word`` in it."""
    said: dict[str, object] = {}
    if ATTESTATION in facts.tags:
        try:
            approval = Attestation.from_json(facts.tags[ATTESTATION], facts.name).approval
            said = {"decision": approval.decision, "reviewers": list(approval.reviewers)}
        except ApprovalRefused:
            said = {"decision": "unreadable"}
    return json.dumps([*_words(facts), {**said, **word}][-_KEPT:])


def _is_reopened(facts: VersionFacts) -> bool:
    words = _words(facts)
    bad = facts.tags.get(STAGE, "") in BAD_ENDINGS
    return bad and bool(words) and words[-1].get("word") == REOPEN


def _words(facts: VersionFacts) -> list[dict[str, object]]:
    known: list[dict[str, object]] = json.loads(facts.tags.get(WITHDRAWN, "[]"))
    return known
