"""The gates of a line of clusters: each passes what is fine, fails what is not, says why."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from slipway.domain.cluster_measurements import ClusterMeasurements, SortedUnseen
from slipway.domain.clusters import ClusterPolicy
from slipway.domain.errors import NotComputable
from slipway.domain.policy import Policy
from slipway.domain.release import Candidate, LineState, Origin
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates import CLUSTERS, gates_for, judge
from slipway.release import machine, transitions
from slipway.stats.proportion import wilson

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
POLICY = ClusterPolicy()
FINE = ClusterMeasurements(
    interval_end=NOW, follows="1", posts=1000, sizes={str(i): 100 for i in range(10)}, common=900,
    kept=890, living_twice=10, rematched=10, born=(10,), split_off=(), merged=(), retired=(),
    inertia=1.004, known_words=0.97, flows=((0, 0, 890), (0, 10, 10)),
)  # fmt: skip
UNSEEN = SortedUnseen("posts", "2", "1", "1", 200, 180, 400.0)


@pytest.mark.parametrize("gate", CLUSTERS)
def test_a_good_week_passes(gate):
    """Ids kept, few changes, tight and even clusters: every gate passes with a reason."""
    verdict = judge(gate, FINE, POLICY)
    assert verdict.conclusion is Conclusion.PASS
    assert verdict.reason


@pytest.mark.parametrize(
    ("gate", "bad", "words"),
    [
        ("ids_kept", {"kept": 700}, "77.8% of 900 posts"),
        ("cluster_turnover", {"born": (10, 11, 12), "retired": (1,)}, "3 born"),
        ("cluster_inertia", {"inertia": 1.03}, r"\+3.00 %"),
        ("cluster_sizes", {"sizes": {"0": 600, "1": 400}}, "cluster 0 holds 60%"),
    ],
)
def test_a_bad_week_fails_for_its_reason(gate, bad, words):
    """What is beyond the policy fails, and the sentence names the number."""
    verdict = judge(gate, replace(FINE, **bad), POLICY)
    assert verdict.conclusion is Conclusion.FAIL
    assert re.search(words, verdict.reason)


@pytest.mark.parametrize(
    ("gate", "empty"),
    [
        ("ids_kept", {"common": 0, "kept": 0}),
        ("cluster_turnover", {"sizes": {}}),
        ("cluster_inertia", {"posts": 0}),
        ("cluster_sizes", {"posts": 0, "sizes": {}}),
    ],
)
def test_no_posts_never_pass(gate, empty):
    """Nothing to look at is undecided, never a pass."""
    assert judge(gate, replace(FINE, **empty), POLICY).conclusion is Conclusion.UNDECIDED


def test_an_inertia_that_cannot_be_is_no_verdict():
    """A loss of tightness over nothing is undefined: an exception."""
    with pytest.raises(NotComputable, match="cluster_inertia"):
        judge("cluster_inertia", replace(FINE, inertia=0.0), POLICY)


@pytest.mark.parametrize(
    "impossible",
    [
        {"inertia": float("nan")},
        {"kept": 901},
        {"posts": -1},
        {"sizes": {"0": 0.5}},
        {"known_words": float("inf")},
        {"flows": ((0, 0, -3),)},
    ],
)
def test_impossible_weeks_cannot_exist(impossible):
    """NaN, broken or negative counts, and parts above their whole, are refused at the door."""
    with pytest.raises(NotComputable, match="clusters"):
        replace(FINE, **impossible)


@pytest.mark.parametrize(
    "impossible", [{"alike": 201}, {"posts": float("nan")}, {"usual_week": -1}]
)
def test_impossible_shadows_cannot_exist(impossible):
    """More posts sorted alike than came, or a number that is none, are refused at the door."""
    with pytest.raises(NotComputable, match="unseen"):
        replace(UNSEEN, **impossible)


def test_measurements_of_another_kind_are_refused():
    """A gate of clusters does not judge a shadow's numbers."""
    with pytest.raises(NotComputable, match="ids_kept"):
        judge("ids_kept", UNSEEN, POLICY)


@pytest.mark.parametrize(
    ("unseen", "conclusion"),
    [
        (UNSEEN, Conclusion.PASS),
        (replace(UNSEEN, alike=60), Conclusion.FAIL),
        (replace(UNSEEN, posts=5, alike=0), Conclusion.UNDECIDED),
        (replace(UNSEEN, follows=None, champion=None, alike=None), Conclusion.PASS),
        (replace(UNSEEN, follows=None), Conclusion.FAIL),
        (replace(UNSEEN, champion="9"), Conclusion.FAIL),
    ],
)
def test_the_shadow_sorts_unseen_posts(unseen, conclusion):
    """Too few posts hold; another sorting, or ids of another champion, end the release."""
    assert judge("sorted_unseen", unseen, POLICY).conclusion is conclusion


@pytest.mark.parametrize(
    ("usual_week", "needed"), [(400.0, 30), (60.0, 30), (25.0, 13), (4.0, 2), (0.0, 2)]
)
def test_a_small_site_waits_for_half_a_week(usual_week, needed):
    """The posts asked for scale with the site, down to what could still catch a bad candidate."""
    few = replace(UNSEEN, posts=needed - 1, alike=needed - 1, usual_week=usual_week)
    enough = replace(few, posts=needed, alike=needed)
    assert judge("sorted_unseen", few, POLICY).conclusion is Conclusion.UNDECIDED
    assert f"{needed} are needed" in judge("sorted_unseen", few, POLICY).reason
    assert judge("sorted_unseen", enough, POLICY).conclusion is Conclusion.PASS
    assert judge("sorted_unseen", replace(enough, alike=0), POLICY).conclusion is Conclusion.FAIL


@pytest.mark.parametrize(("kept", "of"), [(0, 7), (7, 7), (890, 900), (3, 40)])
def test_wilsons_bounds_are_scipys(kept, of):
    """A one-sided bound at 5 % is an end of scipy's two-sided interval at 90 %."""
    known = binomtest(kept, of).proportion_ci(0.9, "wilson")
    assert wilson(kept, of, 0.05) == pytest.approx((known.low, known.high))


def test_a_share_below_the_limit_seldom_passes():
    """Ids kept with probability .94 pass the gate of .95 in less than 2 % of the weeks."""
    kept = np.arange(901)
    passed = [
        judge("ids_kept", replace(FINE, kept=int(k)), POLICY).conclusion is Conclusion.PASS
        for k in kept
    ]
    assert binom.pmf(kept[passed], 900, 0.94).sum() < 0.02


def test_the_road_of_clusters_has_no_traffic():
    """Shadow leads to approval, nobody is exposed before, and no other gate is asked."""
    candidate = Candidate("2", "f" * 64, "adam", Origin.SCHEDULED, NOW, Stage.SHADOW, NOW)
    state = LineState("posts", 3, "1", candidate=candidate)
    passed = [Verdict("sorted_unseen", Conclusion.PASS, "alike")]
    decision = machine.decide(state, passed, POLICY, NOW)
    assert decision == machine.Advance(Stage.APPROVAL, "its one gate passed")
    step = transitions.transition(
        state, decision, policy=POLICY, now=NOW, actor="test", verdicts=passed
    )
    assert step.share == 0
    assert step.candidate.evidence_digest
    assert machine.decide(state, [], POLICY, NOW) == machine.Hold("no verdict from sorted_unseen")


def test_the_road_of_rankings_is_as_it_was():
    """A line with traffic goes from its shadow to 1 %."""
    candidate = Candidate("2", "f" * 64, "adam", Origin.SCHEDULED, NOW, Stage.SHADOW, NOW)
    state = LineState("feed", 3, "1", candidate=candidate)
    passed = [Verdict("shadow", Conclusion.PASS, "alike")]
    decision = machine.decide(state, passed, Policy(), NOW)
    assert decision == machine.Advance(Stage.CANARY_1, "its one gate passed")


def test_a_first_week_is_not_compared():
    """Without a champion no gate asks for one."""
    asked = gates_for(Stage.OFFERED, has_champion=False, policy=POLICY)
    assert asked == ("cluster_inertia", "cluster_sizes")
