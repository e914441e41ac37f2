"""Time seen: hours in which both arms had traffic, and nothing else that passed."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion
from slipway.evidence import time_seen
from slipway.gates import dwell, shadow
from support.sample_measurements import SampleRelease, measure

POLICY = Policy()
H = time_seen.HOUR_S


def rows(*requests, start=0):
    """Hours from ``start`` on, each with (control, candidate) requests."""
    return np.array([(start + k * H, *pair) for k, pair in enumerate(requests)], np.int64)


def busy(stage, hours):
    return measure(SampleRelease(stage=stage, blocks=12 * hours, requests=4_000), POLICY)


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY_5])
def test_an_outage_is_not_time_seen(stage):
    """An hour of traffic and a day without any leaves the stage where it is, and the reason says why."""
    look = busy(stage, 1)
    later = replace(look, now=look.now + timedelta(hours=30))
    verdict = (shadow if stage is Stage.SHADOW else dwell).judge(later, POLICY)
    assert verdict.conclusion is Conclusion.UNDECIDED
    assert "1.0 of 24 hours seen" in verdict.reason
    assert "31.0 that passed" in verdict.reason


def test_a_day_of_traffic_is_a_day_seen():
    """Twenty-four busy hours pass the dwell of twenty-four."""
    assert dwell.judge(busy(Stage.CANARY_5, 24), POLICY).conclusion is Conclusion.PASS
    assert dwell.judge(busy(Stage.CANARY_5, 23), POLICY).conclusion is Conclusion.UNDECIDED


def seen(hours, since_s, until_s, fractions=(0.9, 0.1), policy=POLICY):
    return time_seen.seen(hours, (since_s, until_s), fractions, policy)


def test_an_arm_that_is_off_is_not_seen():
    """Hours in which a flag kept the candidate from everybody, or the control, do not count."""
    hours = rows((90, 10), (90, 0), (0, 10), (90, 10))
    assert seen(hours, 0, 4 * H) == 2.0


def test_few_visitors_are_no_outage():
    """With one request in a hundred an arm is away for hours by chance: twenty requests an hour pass a day."""
    rng = np.random.default_rng(3)
    away = [(20 - own, own) for own in rng.binomial(20, 0.01, 24)]
    assert seen(rows(*away), 0, 24 * H, (0.99, 0.01)) == 24.0


def test_a_flag_that_is_off_for_long_is_no_chance():
    """Away for so many requests that chance would not explain it, the whole stretch is not seen."""
    hours = rows((90, 10), *[(20, 0)] * 22, (90, 10))
    assert seen(hours, 0, 24 * H, (0.99, 0.01)) == 24.0  # 440 requests: chance explains it
    hours = rows((90, 10), *[(20, 0)] * 24, (90, 10))
    assert seen(hours, 0, 26 * H, (0.99, 0.01)) == 2.0


def test_chance_calls_an_hour_unseen_no_oftener_than_promised():
    """Where both arms are on, a stretch is called an outage at most as often as the policy says."""
    rng, wrong = np.random.default_rng(4), 0
    for _ in range(2_000):
        own = rng.binomial(30, 0.02, 48)
        total = np.full(48, 30)
        found = time_seen.by_chance(own, total, 0.02, POLICY.absence_alpha)
        first = int((own > 0).argmax()) if own.any() else 48  # the stretch at the beginning
        wrong += not found[:first].all()
    assert wrong / 2_000 <= POLICY.absence_alpha + 3 * (POLICY.absence_alpha / 2_000) ** 0.5


def test_a_trickle_is_no_traffic_and_a_night_is():
    """A hundredth of the usual traffic does not count, a tenth does."""
    day, night, trickle = (900, 100), (90, 10), (9, 1)
    assert seen(rows(*[day] * 12, *[night] * 12), 0, 24 * H) == 24.0
    assert seen(rows(day, *[trickle] * 23), 0, 24 * H) == 1.0


def test_a_robots_hour_does_not_make_the_others_unusual():
    """One hour with ten times the traffic leaves the usual of a day as it was."""
    day = [(900, 100)] * 23
    assert time_seen.usual(rows((9_000, 1_000), *day)) == 1_000


def test_parts_of_hours_count_as_parts():
    """A stage that began at half past has seen half of that hour."""
    assert seen(rows((9, 1), (9, 1)), H / 2, 1.75 * H) == pytest.approx(1.25)


def naive(requests, since_m, until_m, fractions, policy):
    """A walk over the minutes of the stage, an hour after the other."""
    each = sorted(a + b for a, b in requests for _ in range(a + b))
    usual = each[(len(each) - 1) // 2] if each else 0
    inside = [h for h in range(len(requests)) if 60 * h < until_m and 60 * (h + 1) > since_m]
    good = {h for h in inside if sum(requests[h]) and sum(requests[h]) >= policy.seen_share * usual}
    for arm, fraction in enumerate(fractions):
        stretch = []
        for h in [*inside, None]:
            if h is not None and requests[h][arm] == 0:
                stretch.append(h)
                continue
            passed = sum(sum(requests[k]) for k in stretch)
            if passed and (1 - fraction) ** passed < policy.absence_alpha:
                good -= set(stretch)
            stretch = []
    return sum(m // 60 in good for m in range(since_m, until_m))


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6)), min_size=1, max_size=40),
    st.integers(0, 2_400),
    st.integers(0, 2_400),
    st.floats(0.01, 0.99),
    st.sampled_from([(1.0, 1.0), (0.99, 0.01), (0.9, 0.1), (0.5, 0.5)]),
)
def test_seen_is_what_a_loop_over_minutes_finds(requests, since_m, length, share, fractions):
    """A naive walk over the minutes of the stage counts those of seen hours."""
    policy, until_m = replace(POLICY, seen_share=share), since_m + length
    found = seen(rows(*requests), since_m * 60, until_m * 60, fractions, policy)
    assert found * 60 == pytest.approx(naive(requests, since_m, until_m, fractions, policy))
    assert found <= length / 60 + 1e-9, "more was seen than passed"


def test_hours_add_up_whenever_they_were_folded():
    """The same blocks, folded in any parts, are the same hours."""
    traffic = busy(Stage.CANARY_5, 5).traffic
    whole = time_seen.hourly(traffic)
    twice = time_seen.summed(np.vstack((whole[:3], whole[3:], whole)))
    assert (twice[:, 1:] == 2 * whole[:, 1:]).all()
    assert whole[:, 1:].sum() == traffic.requests.sum()
