"""The demo's last table is right only where every fate is read from the records themselves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from slipway import lines
from slipway.demo.demo_candidates import Record, demo_candidates, fate
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import RELEASE_STAGES, Stage
from slipway.domain.verdict import Conclusion, Verdict

AT = datetime(2025, 2, 17, 7, tzinfo=UTC)
CANDIDATES = demo_candidates(lines.load("feed"))


def steps(*stages, failing=None, version="5", champion=None):
    """Ledger lines of one version through ``stages``; the last one with a failing gate."""
    who = Candidate(version, "f" * 64, "admin", Origin.MANUAL, AT, Stage.OFFERED, AT)
    made, before = [], None
    for number, stage in enumerate(stages):
        last = number == len(stages) - 1
        verdicts = (
            Verdict("harm", Conclusion.PASS, "no harm"),
            *([Verdict(failing, Conclusion.FAIL, "too much")] if failing and last else []),
        )
        verdicts = verdicts[1:] if failing == "harm" and last else verdicts
        at = AT + timedelta(hours=number)
        made.append(
            Transition(
                "feed",
                number + 1,
                at,
                "test",
                before,
                stage,
                0.0,
                "because",
                replace(who, stage=stage),
                champion if last else None,
                verdicts,
            )
        )
        before = stage
    return tuple(made)


RIGHT = {
    "good": Record("5", steps(*RELEASE_STAGES, champion="5")),
    "position": Record(
        stopped="training: position is set by the ranking",
        tasks={"validate": "failed", "train": "upstream_failed"},
    ),
    "worse": Record("5", steps(*RELEASE_STAGES[:4], Stage.RETURNED, failing="harm")),
    "slow": Record("5", steps(Stage.OFFERED, Stage.REJECTED, failing="latency_offline")),
    "genre": Record("5", steps(Stage.OFFERED, Stage.REJECTED, failing="stability")),
}


def test_all_right_fates_are_right():
    """Each candidate that met the fate meant for it gets its tick."""
    assert {
        key: fate(candidate, RIGHT[key]).right for key, candidate in CANDIDATES.items()
    } == dict.fromkeys(CANDIDATES, True)


@pytest.mark.parametrize("key", CANDIDATES)
@pytest.mark.parametrize("other", [*CANDIDATES, None])
def test_no_other_fate_is_right(key, other):
    """No candidate gets a tick for another one's fate, or for none."""
    record = RIGHT[other] if other else Record()
    assert fate(CANDIDATES[key], record).right == (key == other)


def test_a_champion_that_skipped_a_stage_is_not_right():
    """A good candidate must have passed every stage, the reviewer's included."""
    skipped = [stage for stage in RELEASE_STAGES if stage is not Stage.APPROVAL]
    assert not fate(CANDIDATES["good"], Record("5", steps(*skipped, champion="5"))).right


def test_a_return_from_the_shadow_is_not_the_harm_asked_for():
    """The worse candidate must have met users: ended in the shadow is not returned from a canary."""
    record = Record("5", steps(Stage.OFFERED, Stage.SHADOW, Stage.REJECTED, failing="harm"))
    assert not fate(CANDIDATES["worse"], record).right


def test_rows_say_how_far_and_why():
    """A row names the furthest stage, how it ended, the failing gate and its reason."""
    row = fate(CANDIDATES["worse"], RIGHT["worse"])
    assert row.stage == "canary_5 → returned"
    assert (row.verdict, row.reason) == ("harm: FAIL", "too much")
    assert fate(CANDIDATES["good"], Record()).reason == "nothing was offered"
    assert fate(CANDIDATES["position"], RIGHT["position"]).stage == "before training"


def test_recipes_are_valid_except_for_what_validation_stops():
    """Every recipe of the demo_candidates is accepted by the line: only the checkpoint may stop one."""
    line = lines.load("feed")
    for candidate in CANDIDATES.values():
        assert line.recipe_with(candidate.recipe)


def test_a_retraining_that_breaks_is_no_verdict():
    """An error of another task ends a candidate, is called one, and is no fate of any of the five."""
    broken = Record(stopped="train failed", tasks={"validate": "success", "train": "failed"})
    assert broken.ended
    assert broken.last_words == "its retraining failed"
    for candidate in CANDIDATES.values():
        found = fate(candidate, broken)
        assert (found.right, found.verdict, found.stage) == (False, "none", "retraining")
        assert found.reason == "train failed"
