"""A review is read strictly, and only the right person's word at the right moment counts."""

from datetime import UTC, datetime

import pytest
from people_kit import PEOPLE
from slipway.domain.people import People
from slipway.registry.server.caller import Caller, Role
from slipway.registry.server.refusals import Refused
from slipway.registry.server.review import judge_review, read_review

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
RITA = Caller("rita", Role.REVIEWER)
WORD = "approve 01234567 reads well"


def judged(caller, facts, text, now=NOW, *, people=PEOPLE, earlier=None):
    """The approval that a reviewer's text becomes."""
    review = read_review(text, facts.name)
    return judge_review(caller, facts, review, now, people=people, earlier=earlier)


def test_a_good_review_becomes_an_approval_bound_to_the_whole_digest(waiting):
    """Eight digits are enough to write; the approval holds all 64, the model and the person."""
    facts = waiting()
    approval = judged(RITA, facts, WORD, NOW)
    assert approval.evidence_digest == facts.tags["evidence_digest"]
    assert approval.model_fingerprint == facts.tags["fingerprint"]
    assert (approval.reviewer, approval.decision, approval.reason) == (
        "rita",
        "approve",
        "reads well",
    )
    assert approval.at == NOW


def test_a_stand_ins_word_says_for_whom_and_why(waiting):
    """It is signed, and the promotion's reason in the ledger has it."""
    away = {"for": "rita", "from": NOW.date(), "until": NOW.date(), "reason": "on leave"}
    people = People.from_dict(
        {
            "adam": {"mlflow": ["adam"], "airflow": ["adam"]},
            "sam": {"mlflow": ["sam"], "stands_in": away},
        },
        "people.toml",
    )
    approval = judged(Caller("sam", Role.REVIEWER), waiting(), WORD, people=people)
    assert approval.reason == "reads well (for rita, 2026-03-02 to 2026-03-02: on leave)"


@pytest.mark.parametrize("asked", ["2", "many"])
def test_where_two_are_asked_one_word_waits_for_another(waiting, asked):
    """Also of a known author; what nobody can read asks for two."""
    facts = waiting(reviewers_asked=asked)
    first = judged(RITA, facts, WORD)
    assert first.decision == "endorse"
    both = judged(Caller("ruth", Role.REVIEWER), facts, WORD, earlier=first)
    assert (both.decision, both.reviewers) == ("approve", ("rita", "ruth"))
    assert judged(RITA, waiting(reviewers_asked="1"), WORD).decision == "approve"


def test_space_and_case_do_not_matter():
    """A word pasted with line breaks and capitals is the same word."""
    review = read_review(" Approve\n 01234567ABCDEF \t it  reads well\n", "feed version 3")
    assert (review.decision, review.digest, review.reason) == (
        "approve",
        "01234567abcdef",
        "it reads well",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "approve",
        "approve 01234567",
        "approve 0123456 too short",
        "approve 0123456z no hex",
        "approve " + "0" * 65 + " too long",
        "yes 01234567 fine",
        "approved 01234567 fine",
        "approve 01234567 " + "x" * 501,
        "fine, approve 01234567 fine",
        "approve 01234567 \u200b",
        "approve 01234567 \u3164",
        "approve 01234567 ...",
    ],
)
def test_anything_else_is_malformed(waiting, text):
    """A review that cannot be understood is refused with an example of one that can."""
    with pytest.raises(Refused, match="write for example: approve") as refusal:
        judged(RITA, waiting(), text, NOW)
    assert refusal.value.status == 400


@pytest.mark.parametrize("role", [Role.SERVICE, Role.OTHER])
def test_only_a_reviewer_reviews(waiting, role):
    """Neither the pipeline nor a reader can decide."""
    with pytest.raises(Refused, match="SLIPWAY_REVIEWERS") as refusal:
        judged(Caller("somebody", role), waiting(), WORD, NOW)
    assert refusal.value.status == 403


@pytest.mark.parametrize("author", ["rita", " Rita ", "RITA", "ｒｉｔａ", None])  # noqa: RUF001 - full width
def test_nobody_reviews_own_work(waiting, author):
    """The author, however it is spelt, and a version without an author are refused."""
    with pytest.raises(Refused, match="somebody else than its author") as refusal:
        judged(RITA, waiting(author=author), WORD, NOW)
    assert refusal.value.status == 403


@pytest.mark.parametrize("digest", ["fedcba9876543210" * 4, None])
def test_a_review_of_other_evidence_is_refused(waiting, digest):
    """A word given for evidence that has changed since, or is not there, does not count."""
    with pytest.raises(Refused, match="evidence has changed") as refusal:
        judged(RITA, waiting(evidence_digest=digest), WORD, NOW)
    assert refusal.value.status == 400


@pytest.mark.parametrize("stage", ["shadow", "canary_50", "champion", "returned", None])
def test_only_a_version_that_waits_can_be_reviewed(waiting, stage):
    """A word that comes too early or too late is refused with the stage."""
    with pytest.raises(Refused, match="waits for its reviewer") as refusal:
        judged(RITA, waiting(stage=stage), WORD, NOW)
    assert refusal.value.status == 409


def test_a_decision_is_final(waiting):
    """A second word is refused, whatever it says."""
    facts = waiting(**{"slipway.attestation": "{}"})
    with pytest.raises(Refused, match="a decision is final") as refusal:
        judged(RITA, facts, "reject 01234567 changed my mind", NOW)
    assert refusal.value.status == 409


@pytest.mark.parametrize(("model", "origin"), [("feed", "backfill"), ("feed-rules", "manual")])
def test_backfills_and_rules_are_not_reviewed(waiting, model, origin):
    """There is nothing to approve in a version that can never lead."""
    with pytest.raises(Refused, match="never promoted") as refusal:
        judged(RITA, waiting(model, origin=origin), WORD, NOW)
    assert refusal.value.status == 403
