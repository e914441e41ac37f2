"""Working days and weekends are judged each by itself before full release."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import binom
from slipway.domain.measurement import Counts
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion
from slipway.evidence import comparisons
from slipway.evidence.release_evidence import accumulate
from slipway.examples.films.line import LINE
from slipway.gates import gates_for, judge
from slipway.gates.kinds_of_day import NAME
from slipway.gates.testing.degraded import cut
from slipway.release.explain import explain
from slipway.stats import eprocess
from support.sample_measurements import MONDAY, SampleRelease, measure

POLICY = Policy()
SATURDAY = MONDAY.replace(hour=0) + timedelta(days=5)
QUIET = {"trials": 1_000, "requests": 2}


def week(working=0.05, weekend=0.05, *, of_weekend=288, seed=1):
    """Two working days up to a weekend, of which ``of_weekend`` blocks are seen."""
    since = SATURDAY - timedelta(days=2)
    first = measure(
        SampleRelease(since=since, blocks=576, effect=working, seed=seed, **QUIET), POLICY
    )
    then = SampleRelease(since=SATURDAY, blocks=of_weekend, effect=weekend, seed=seed + 1, **QUIET)
    return measure(then, POLICY, before=first)


def test_each_kind_of_day_needs_evidence_of_its_own():
    """Good on both passes; harm on one of them is not covered up by the other, whatever their sum."""
    assert judge(NAME, week(), POLICY).conclusion is Conclusion.PASS
    for bad, kind in (({"weekend": -0.08}, "weekends"), ({"working": -0.08}, "working days")):
        found = week(**{"working": 0.10, "weekend": 0.30} | bad)
        assert judge("non_inferiority", found, POLICY).conclusion is Conclusion.PASS
        verdict = judge(NAME, found, POLICY)
        assert verdict.conclusion is Conclusion.UNDECIDED
        assert f"not yet excluded in clicks on {kind}:" in verdict.reason


def test_five_minutes_of_a_saturday_are_no_weekend():
    """One block of the other kind of day, or none at all, holds a release that is good."""
    assert judge(NAME, week(of_weekend=1), POLICY).conclusion is Conclusion.UNDECIDED
    working = measure(SampleRelease(effect=0.05), POLICY)
    verdict = judge(NAME, working, POLICY)
    assert verdict.conclusion is Conclusion.UNDECIDED
    assert verdict.evidence[1].estimate == 1
    assert judge("dwell", working, POLICY).conclusion is Conclusion.PASS


def test_evidence_is_the_likelihood_of_the_days_own_clicks():
    """By scipy: given a block's clicks the candidate's are binomial; only the kind's blocks count."""
    found = week(of_weekend=40)
    late = found.clicks.start_s >= SATURDAY.timestamp()
    (n0, n1), (x0, x1) = found.clicks.trials[late, :2].T, found.clicks.successes[late, :2].T
    null = 1 - POLICY.day_harm_excluded

    def told(ratio):
        return binom.logpmf(x1, x0 + x1, n1 * ratio / (n1 * ratio + n0)).sum()

    parts = [told(1) - told(null), told(1 / null) - told(null)]
    known = logsumexp(parts, b=eprocess.NI_WEIGHTS) / 1.0
    assert comparisons.design_effect(found) == pytest.approx(1, abs=0.05)
    independent = replace(found, user_trials=np.array([1, 1]), user_successes=np.array([0, 1]))
    estimate = judge(NAME, independent, POLICY).evidence[1].estimate
    assert np.log(estimate) == pytest.approx(known, rel=1e-9)


@given(st.lists(st.integers(0, 4_000_000_000), min_size=1, max_size=30, unique=True))
def test_a_block_is_of_one_kind_of_day(starts):
    """Blocks are sorted as the calendar does, and the two kinds hold every block once."""
    begins = np.sort(starts)
    blocks = Counts(
        begins, ["canary_50"] * len(begins), np.ones((len(begins), 3)), np.zeros((len(begins), 3))
    )
    calendar = [datetime.fromtimestamp(int(at), UTC).isoweekday() > 5 for at in begins]
    assert blocks.on_weekends().tolist() == calendar


def test_kinds_of_day_add_up_to_the_week_also_once_folded():
    """Sums of both kinds are those of all clicks, before and after folding."""
    head, tail = cut(week(), int(SATURDAY.timestamp()) + 3_000)
    past = accumulate(head, POLICY)
    for found in (head, replace(tail, past=past)):
        parts = [comparisons.compared(found, kind).sums for kind in comparisons.KINDS_OF_DAY]
        np.testing.assert_allclose(sum(parts), comparisons.compared(found).sums, rtol=1e-9)


def test_harm_on_weekends_hardly_ever_passes_however_often_it_is_asked():
    """A weekend's loss as large as must be excluded passes at any of 24 looks in at most 5 %."""
    passed, releases = 0, 400
    rng = np.random.default_rng(4)
    trials = np.full((24, 2), 20_000)
    for _ in range(releases):
        clicks = rng.binomial(trials, [0.05, 0.05 * (1 - POLICY.day_harm_excluded)])
        data = eprocess.split(trials[:, 0], clicks[:, 0], trials[:, 1], clicks[:, 1])
        path = eprocess.non_inferiority(data, margin=POLICY.day_harm_excluded).log_path
        passed += path.max() >= np.log(POLICY.day_e)
    assert 0 < passed / releases <= 1 / POLICY.day_e


def test_a_policy_may_do_without():
    """Switched off, the gate is neither asked nor explained; else it says what it wants."""
    without = replace(POLICY, both_weekday_types=False)
    last = Stage.CANARY_50
    assert NAME in gates_for(last, has_champion=True, policy=POLICY)
    assert NAME not in gates_for(last, has_champion=True, policy=without)
    assert NAME not in gates_for(Stage.CANARY_25, has_champion=True, policy=POLICY)
    said = "harm of 5% excluded at 20 to 1 on working days by themselves, and on weekends"
    assert said in explain(LINE)
    assert said not in explain(replace(LINE, policy=without))
