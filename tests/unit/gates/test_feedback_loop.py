"""The gate on the loop between a model and its own clicks."""

from dataclasses import replace

import pytest
from slipway.domain.errors import NotComputable
from slipway.domain.loop import LoopMeasurements
from slipway.domain.loop_policy import LoopPolicy
from slipway.domain.verdict import Conclusion
from slipway.gates.feedback_loop import judge
from support.loop_weeks import healthy_loop, week

POLICY = LoopPolicy()


def weeks(*found):
    return judge(LoopMeasurements("feed", tuple(found)), POLICY)


def test_a_gap_that_is_proven_and_above_the_tolerance_fails():
    """The published naive gap of .059 fails, the healthy one of -.009 passes."""
    assert judge(healthy_loop(gap=0.059, se=0.01), POLICY).conclusion is Conclusion.FAIL
    assert judge(healthy_loop(gap=-0.009, se=0.01), POLICY).conclusion is Conclusion.PASS


def test_what_is_not_known_is_undecided():
    """One week, a last week without explored clicks, or a gap too noisy to exclude."""
    assert weeks(week(0, gap=0.5)).conclusion is Conclusion.UNDECIDED
    blind = replace(week(2), gap=None)
    assert weeks(week(0), week(1), blind).conclusion is Conclusion.UNDECIDED
    assert judge(healthy_loop(gap=0.0, se=0.1), POLICY).conclusion is Conclusion.UNDECIDED


def test_concentration_fails_only_where_nothing_proves_that_it_serves_users():
    """Beside rules and explore arm, over the weeks: with an excluded gap it is told and passes."""
    noisy = [week(at, gap=0.004, se=0.02, rise=0.03 * at) for at in range(8)]
    verdict = weeks(*noisy)
    assert verdict.conclusion is Conclusion.FAIL
    assert "gini concentrates" in verdict.reason
    sure = weeks(*(week(at, rise=0.03 * at) for at in range(8)))
    assert sure.conclusion is Conclusion.PASS
    assert "gini concentrates" in sure.reason


def test_a_rise_that_all_arms_share_is_no_model_s():
    """Where rules and explore arm rise as much, the season did it."""
    found = []
    for at in range(8):
        one = week(at, gap=0.004, se=0.02, rise=0.03 * at)
        arms = {name: c._replace(gini=0.3 + 0.03 * at) for name, c in one.arms.items()}
        found.append(replace(one, arms=arms))
    assert weeks(*found).conclusion is Conclusion.UNDECIDED


def test_a_number_that_is_none_is_refused():
    """NaN is an error before any verdict."""
    with pytest.raises(NotComputable, match="finite"):
        healthy_loop(gap=float("nan"))
