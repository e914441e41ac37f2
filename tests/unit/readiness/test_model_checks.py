"""Each check of this section fails on the one thing it is about, and says it."""

from dataclasses import replace

import pytest
from slipway.domain.errors import NotComputable
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.readiness import model_checks as checks
from support.checked_champion import CHECKED

CASES = [
    (checks.reviewed, {"planned": False}, "not the one in use"),
    (checks.reviewed, {"past": ()}, "no champion was promoted"),
    (checks.correlate, {"past": ()}, "0 releases have both"),
    (checks.staleness, {"stale": ()}, "a week old or older"),
    (checks.simpler, {"past": ()}, "no verdict of beats_rules"),
    (checks.slices, {"past": ()}, "no verdict of segments"),
    (checks.inclusive, {"checked": None}, "version 2 was not checked yet"),
    (checks.inclusive, {"checked": replace(CHECKED, people=())}, "no column of the users' own"),
    (checks.inclusive, {"checked": replace(CHECKED, groups=())}, "too few rows .* by age_band"),
    (checks.inclusive, {"checked": replace(CHECKED, margin=0.0005)}, "age_band under 25 .+0.004"),
]


@pytest.mark.parametrize(("check", "changed", "said"), CASES)
def test_what_is_missing_is_said(ready, check, changed, said):
    """It holds with the fact and does not without it."""
    assert check(ready)
    with pytest.raises(NotComputable, match=said):
        check(replace(ready, **changed))


def test_a_first_champion_is_shown_by_its_own_slices(ready):
    """It had no champion beside it; a verdict on it, or a slice that is off, is not passed over."""
    first = replace(ready, past=tuple(replace(step, verdicts=()) for step in ready.past))
    fine = replace(first, checked=replace(CHECKED, slices=CHECKED.groups))
    assert "2 slices" in checks.slices(fine)
    for checked, said in (
        (CHECKED, "no verdict of segments"),
        (replace(CHECKED, slices=CHECKED.groups, margin=0.0005), "age_band under 25"),
        (replace(CHECKED, slices=CHECKED.groups, version="1"), "no verdict"),
    ):
        with pytest.raises(NotComputable, match=said):
            checks.slices(replace(first, checked=checked))
    failed = (Verdict("segments", Conclusion.FAIL, "Comedy is worse", ()),)
    lost = tuple(replace(step, verdicts=failed) for step in ready.past)
    with pytest.raises(NotComputable, match="Comedy is worse"):
        checks.slices(replace(fine, past=lost))


@pytest.mark.parametrize(("online", "agrees"), [(-0.2, True), (0.2, False)])
def test_a_loss_that_fell_offline_and_in_the_shadow_agrees(ready, online, agrees):
    """Of a paired shadow less is better, whatever its loss is called; of clicks more is."""
    before = Evidence("squared error of rentals", -0.05, "relative difference", -0.06, -0.04)
    after = Evidence("squared error", online, "relative effect", online - 0.01, online + 0.01)
    said = (
        Verdict("offline_loss", Conclusion.PASS, "fine", (before,)),
        Verdict("paired_shadow", Conclusion.PASS, "fine", (after,)),
    )
    facts = replace(ready, past=tuple(replace(step, verdicts=said) for step in ready.past))
    if agrees:
        assert "version 1" in checks.correlate(facts)
    else:
        with pytest.raises(NotComputable, match="contradicted by version 1"):
            checks.correlate(facts)


def test_a_candidate_that_was_stopped_says_nothing_of_the_champion(ready):
    """What counts is the newest verdict on the version that serves; without any champion, on anybody."""
    stopped = Verdict("beats_rules", Conclusion.FAIL, "worse than the rules")
    last = ready.past[-1]
    other = replace(
        last, epoch=99, verdicts=(stopped,), candidate=replace(last.candidate, version="9")
    )
    facts = replace(ready, past=(*ready.past, other))
    assert checks.simpler(facts)
    nobody = replace(facts, state=replace(facts.state, champion=None))
    with pytest.raises(NotComputable, match="worse than the rules"):
        checks.simpler(nobody)


def test_a_release_that_lost_online_what_it_won_offline_contradicts(contradicted, ready):
    """Both intervals lie on one side of 0, and on the wrong ones; it is named."""
    assert "version 1" in checks.correlate(ready)
    with pytest.raises(NotComputable, match="contradicted by version 2"):
        checks.correlate(contradicted)
