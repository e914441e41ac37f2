"""The gate of the interleaved stage: what returns, what goes on, what holds."""

from dataclasses import replace

import pytest
from slipway.domain.interleaved import Interleaved
from slipway.domain.policy import Policy
from slipway.domain.stage import CANARY_STAGES, RELEASE_STAGES, Stage, next_stage
from slipway.domain.verdict import Conclusion
from slipway.gates import gates_for, judge
from support.predicted import interleaved

POLICY = Policy()
ON = replace(POLICY, interleave_share=0.02)


def concluded(found, policy=POLICY):
    """What the gate concludes."""
    return judge("interleaving", found, policy).conclusion


def test_the_stage_is_where_the_policy_has_it():
    """Between shadow and 1 %; without a share, or with a reason against it, it is skipped."""
    assert POLICY.stages == RELEASE_STAGES
    assert ON.stages[1:4] == (Stage.SHADOW, Stage.INTERLEAVED, Stage.CANARY_1)
    refused = replace(ON, no_interleaving_because="shelves are filled as a whole")
    assert refused.stages == RELEASE_STAGES
    assert refused.no_interleaving == "shelves are filled as a whole"
    assert POLICY.no_interleaving == "its share is 0"
    assert gates_for(Stage.INTERLEAVED, has_champion=True, policy=ON) == ("interleaving",)


@pytest.mark.parametrize("stages", [POLICY.stages, ON.stages])
def test_the_stages_after_it_are_none_the_shorter(stages):
    """Every canary stage follows, whatever interleaving found."""
    assert stages[-len(CANARY_STAGES) - 2 : -2] == CANARY_STAGES
    assert next_stage(Stage.INTERLEAVED, stages) is Stage.CANARY_1


def test_a_proven_preference_returns_and_a_small_one_does_not():
    """20 to 1 against the candidate is FAIL at once; after hours and lists enough the rest goes on."""
    assert concluded(interleaved(lost=0.2, hours=1)) is Conclusion.FAIL
    assert concluded(interleaved(lost=0.005)) is Conclusion.PASS
    assert concluded(interleaved(lost=-0.2)) is Conclusion.PASS
    surer = replace(POLICY, interleave_level=1e-9)
    assert concluded(interleaved(lost=0.06), surer) is Conclusion.PASS
    assert concluded(interleaved(lost=0.06)) is Conclusion.FAIL


def test_what_was_hardly_seen_holds():
    """Few hours, few lists, no click and many unproven errors are UNDECIDED."""
    good = interleaved()
    unclicked = good.losses._replace(difference=0.0, control=0.0)
    for found in (
        replace(good, hours=3),
        interleaved(lists=900),
        replace(good, losses=unclicked),
        replace(interleaved(lists=1_000), failed=20),
        Interleaved("feed", "2", "1", "clicked"),
    ):
        assert concluded(found) is Conclusion.UNDECIDED
    assert concluded(replace(good, failed=400)) is Conclusion.FAIL


def test_the_reason_says_what_was_seen():
    """Effect, lists, users, and all that counted nowhere."""
    verdict = judge("interleaving", interleaved(unfit=7, beyond=9), POLICY)
    for words in (
        "clicked +1.00 % beside 1",
        "400 lists are equal",
        "7 were not interleaved",
        "9 are beyond",
    ):
        assert words in verdict.reason
    effect = next(item for item in verdict.evidence if item.name == "clicked")
    assert effect.lower < effect.estimate < effect.upper
