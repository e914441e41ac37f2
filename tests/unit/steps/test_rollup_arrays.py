"""Users of a stage beside the fractions that the assignment gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.policy import Policy
from slipway.domain.release import Arm
from slipway.domain.stage import Stage
from slipway.serving.assignment import SALT, assign
from slipway.stats.srm import sample_ratio
from slipway.steps.rollup_arrays import came

POLICY = Policy()


@given(st.floats(0, 0.5), st.floats(0, 0.4))
def test_fractions_sum_to_one_with_and_without_a_hold_back(share, back):
    """Candidate to champion is share to the rest, whatever is held back."""
    found = came(Stage.CANARY_50, share, {}, POLICY, back)
    champion, candidate = found.expected[:2]
    assert sum(found.expected) == pytest.approx(1)
    assert len(found.expected) == len(found.users) == (5 if back else 4)
    assert candidate * (1 - share) == pytest.approx(champion * share)


def test_what_the_router_assigns_is_what_is_expected():
    """Forty thousand users beside hold-back and candidate are no alarm; as if without one they are."""
    share, back = 0.25, 0.05
    arms = [
        assign(f"u{n}", "feed", SALT, POLICY, "3", share, champion_version="2", previous_share=back)
        for n in range(40_000)
    ]
    counted = {arm.value: arms.count(arm) for arm in Arm}
    found = came(Stage.CANARY_25, share, counted, POLICY, back)
    assert sample_ratio(found.users, found.expected).log_e < 0
    assert found.users[-1] == counted["previous"] > 0
    blind = came(Stage.CANARY_25, share, counted, POLICY, 0.0)
    assert sample_ratio(blind.users, blind.expected).log_e > 5
