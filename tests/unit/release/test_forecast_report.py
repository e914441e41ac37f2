"""What a policy will do at a line's traffic, told before the release."""

import json
from dataclasses import replace

import numpy as np
import pytest
from slipway.domain.mean import Mean, PerList
from slipway.domain.policy import Policy
from slipway.release.forecast import forecast
from slipway.release.forecast_report import NEVER, forecast_text, outlook
from slipway.release.required_sample import Flow, needs
from slipway.stats.rate import below

POLICY = Policy(means=(Mean("diversity", "genre", PerList.DISTINCT),))
LARGE = Flow(28, 2e6, 2e5, 0.05, 1.0, 0.9, {"diversity": (5.0, 2.0)})
SMALL = LARGE._replace(exposures_per_day=2e4, lists_per_day=2e3)


def test_a_large_line_releases_equals_within_days_and_returns_the_margin():
    """At 2 M impressions a day equals take about four days, and -2 % is hardly ever released."""
    any_day = replace(POLICY, both_weekday_types=False)
    equal = forecast(LARGE, any_day, 0.0, paths=400)
    assert equal.released >= 0.95
    assert 4.0 <= equal.days <= 4.4
    assert forecast(LARGE, any_day, -0.02, paths=400).released <= 0.01
    assert forecast(LARGE, any_day, -0.10, paths=400).returned >= 0.99


def test_a_weekend_has_to_be_seen():
    """From a Tuesday on, a release that wants both kinds of days ends on Saturday or later."""
    slow = forecast(LARGE, POLICY, 0.0, paths=100)
    assert slow.days >= 3.75 + 1 / 24
    midweek = replace(POLICY, shadow_min_hours=24.0)
    assert forecast(LARGE, midweek, 0.05, paths=50).days >= 4
    surer = replace(POLICY, day_harm_excluded=0.01)
    assert forecast(LARGE, surer, 0.0, paths=100).days > slow.days + 0.5


def test_fewer_users_or_more_clustering_take_longer():
    """Half the information needs twice the exposures, whatever halves it."""
    plain = {n.show: n.amount for n in needs(LARGE, POLICY)}
    assert len(plain) == 13
    assert "not 5% fewer clicks on weekends, at 20 to 1" in plain
    for flow in (LARGE._replace(design_effect=2.0), LARGE._replace(click_rate=0.025)):
        poorer = {n.show: n.amount for n in needs(flow, POLICY)}
        for show, amount in plain.items():
            twice = "fewer clicks" in show or show == "more clicks than the rules"
            assert poorer[show] == pytest.approx((1 + twice) * amount)


def test_a_policy_that_cannot_decide_says_so():
    """At 20 000 exposures a day the policy says that it cannot, and what would help."""
    text = forecast_text(SMALL, POLICY)
    assert text.startswith("THIS POLICY CANNOT DECIDE")
    assert "x the traffic" in text
    assert outlook(SMALL, POLICY)["decides"] is False
    assert outlook(LARGE, POLICY)["decides"] is True
    assert forecast_text(LARGE, POLICY).startswith("This policy can decide")


def test_a_guardrail_that_takes_too_long_is_named():
    """Clicks alone do not release: a mean that needs months is the reason that is told."""
    noisy = LARGE._replace(means={"diversity": (5.0, 5e5)})
    assert outlook(noisy, POLICY)["decides"] is False
    assert "not 5% less diversity. It needs" in forecast_text(noisy, POLICY)


def test_rules_that_are_as_good_block_every_equal():
    """Where the champion does not beat the rules, no equal can, and the policy cannot decide."""
    as_good = LARGE._replace(rules_ratio=1.0)
    text = forecast_text(as_good, POLICY)
    assert text.startswith("THIS POLICY CANNOT DECIDE")
    assert "never be proven better than the rules" in text
    assert outlook(as_good, POLICY)["decides"] is False


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"max_error_rate": 1e-6}, "fewer than 0.00% errors, where none occurs. It needs"),
        ({"creep_margin": 0.001}, "in 365 days of releases, at 5 to 1. It needs"),
        ({"shadow_min_requests": 10_000_000}, "it scores the champion's requests. It needs"),
        ({"latency_min_reference": 1_000_000}, "raise shadow_min_requests to that number"),
    ],
)
def test_whatever_stops_every_equal_is_told(knobs, words):
    """Errors, creeping losses, the shadow or latency alone may hold a release for ever: it is said."""
    text = forecast_text(LARGE, replace(POLICY, **knobs))
    assert text.startswith("THIS POLICY CANNOT DECIDE")
    assert words in text


def test_a_stage_asks_for_its_exposures_even_where_few_would_prove_enough():
    """At many clicks a few exposures say enough, and the stage's own minimum is what it takes."""
    often = LARGE._replace(click_rate=0.5, exposures_per_day=1e4)
    first = next(need for need in needs(often, POLICY) if need.stage == "canary_1")
    assert first.amount == POLICY.min_exposures
    rest = 1 - POLICY.rules_share - POLICY.explore_share - POLICY.previous_share
    assert first.days == pytest.approx(POLICY.min_exposures / (1e4 * rest * 0.01))


def test_users_who_are_held_back_prove_nothing():
    """While the champion before keeps its share, the same proof takes as much longer as users lack."""
    nobody = replace(POLICY, previous_share=0.0, no_previous_because="a test")
    half = replace(POLICY, previous_share=0.4)
    days = [next(n.days for n in needs(LARGE, p) if "errors" in n.show) for p in (nobody, half)]
    assert days[1] / days[0] == pytest.approx(0.93 / 0.53)


def test_errors_are_rare_after_as_many_requests_as_it_says():
    """The gate's own evidence reaches 100 to 1 within a tenth of the requests that are told."""
    (need,) = (need for need in needs(LARGE, POLICY) if "errors" in need.show)
    limit = np.log(1 / POLICY.beta)
    found = [below([round(need.amount * part)], [0], limit=0.01).log_e for part in (0.9, 1.0)]
    assert found[0] < limit <= found[1]


def test_without_a_log_nothing_is_promised():
    """No traffic, no days; and everything is JSON."""
    assert forecast_text(None, POLICY) == NEVER
    assert outlook(None, POLICY) == {"traffic": None, "decides": None}
    assert json.loads(json.dumps(outlook(LARGE, POLICY)))["traffic"]["design_effect"] == 1.0


def test_a_forecast_can_be_repeated():
    """Twice the same question, twice the same answer."""
    assert forecast(LARGE, POLICY, 0.0, paths=50) == forecast(LARGE, POLICY, 0.0, paths=50)
